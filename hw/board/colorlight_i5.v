// colorlight_i5 - Colorlight i5 with an LFE5U-25F: serial line on two pins of its extension board
//
// The extension board's own USB is no serial chip that the host knows: connect an FT232H or FT2232H.
//
// 25 MHz x 2 = 50 MHz.

`default_nettype none

module colorlight_i5 (
    input  wire clk_25mhz,
    input  wire rx,
    output wire tx,
    output wire led_n
);

    wire clk;
    wire locked;

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
