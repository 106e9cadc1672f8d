// ulx3s_serial - ULX3S: ECP5 LFE5U, serial line to the board's FT231X on the connector US1
//
// 25 MHz x 2 = 50 MHz.

`default_nettype none

module ulx3s_serial (
    input  wire clk_25mhz,
    input  wire rx,
    output wire tx,
    output wire led
);

    wire clk;
    wire locked;
    wire led_n;

    assign led = !led_n;

    ecp5_clock #(
        .INPUT(1),
        .FEEDBACK(2),
        .VCO(12),
        .OUTPUT(12)
    ) u_ecp5_clock (
        .clk_25mhz(clk_25mhz),
        .clk(clk),
        .locked(locked)
    );

    serial_small #(
        .CLOCK_KHZ(50000),
        .BAUD(3000000)
    ) u_serial_small (
        .clk(clk),
        .ready(locked),
        .rx(rx),
        .tx(tx),
        .led(led_n)
    );

endmodule

`default_nettype wire
