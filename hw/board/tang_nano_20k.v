// tang_nano_20k - Tang Nano 20K: Gowin GW2AR-18, serial line to the board's BL616, which acts as an FT2232
//
// The crystal's 27 MHz are nine cycles a bit; no PLL.

`default_nettype none

module tang_nano_20k (
    input  wire clk_27mhz,
    input  wire rx,
    output wire tx,
    output wire led_n
);

    serial_small #(
        .WEIGHT_WORDS(4096),
        .CLOCK_KHZ(27000),
        .BAUD(3000000)
    ) u_serial_small (
        .clk(clk_27mhz),
        .ready(1'b1),
        .rx(rx),
        .tx(tx),
        .led(led_n)
    );

endmodule

`default_nettype wire
