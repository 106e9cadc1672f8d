// icebreaker - iCEBreaker 1.0: iCE40 UP5K, serial line to channel B of the board's FT2232H
//
// 12 MHz crystal x 64 / 16 = 48 MHz, which is 16 cycles a bit at 3 Mbaud.

`default_nettype none

module icebreaker (
    input  wire clk_12mhz,
    input  wire rx,
    output wire tx,
    output wire led_green_n
);

    wire clk;
    wire locked;

    SB_PLL40_PAD #(
        .FEEDBACK_PATH("SIMPLE"),
        .DIVR(4'd0),
        .DIVF(7'd63),
        .DIVQ(3'd4),
        .FILTER_RANGE(3'd1)
    ) u_pll (
        .PACKAGEPIN(clk_12mhz),
        .PLLOUTGLOBAL(clk),
        .LOCK(locked),
        .RESETB(1'b1),
        .BYPASS(1'b0)
    );

    serial_up5k #(
        .CLOCK_KHZ(48000),
        .BAUD(3000000)
    ) u_serial_up5k (
        .clk(clk),
        .ready(locked),
        .rx(rx),
        .tx(tx),
        .led(led_green_n)
    );

endmodule

`default_nettype wire
