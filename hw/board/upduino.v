// upduino - UPduino 3: iCE40 UP5K, serial line to the board's FT232H on the pins of its flash
//
// 12 MHz oscillator x 64 / 16 = 48 MHz, which is 16 cycles a bit at 3 Mbaud. The jumper OSC (R16)
// must be closed to bring the oscillator to the FPGA. The flash is kept deselected.

`default_nettype none

module upduino (
    input  wire clk_12mhz,
    input  wire rx,
    output wire tx,
    output wire flash_select_n,
    output wire led_green_n
);

    wire clk;
    wire locked;

    assign flash_select_n = 1'b1;

    SB_PLL40_CORE #(
        .FEEDBACK_PATH("SIMPLE"),
        .DIVR(4'd0),
        .DIVF(7'd63),
        .DIVQ(3'd4),
        .FILTER_RANGE(3'd1)
    ) u_pll (
        .REFERENCECLK(clk_12mhz),
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
