// orangecrab - OrangeCrab r0.2 with an LFE5U-25F: full-speed USB on the board's own connector
//
// The board's oscillator is 48 MHz.

`default_nettype none

module orangecrab (
    input  wire clk_48mhz,
    inout  wire usb_dp,
    inout  wire usb_dn,
    output wire usb_pullup,
    output wire led_green_n
);

    wire clk;
    wire locked;
    wire dp;
    wire dn;
    wire oe;

    assign usb_dp = oe ? dp : 1'bz;
    assign usb_dn = oe ? dn : 1'bz;

    assign clk = clk_48mhz;
    assign locked = 1'b1;

    usb_small u_usb_small (
        .clk(clk),
        .ready(locked),
        .dp_in(usb_dp),
        .dn_in(usb_dn),
        .dp_out(dp),
        .dn_out(dn),
        .oe(oe),
        .attach(usb_pullup),
        .led(led_green_n)
    );

endmodule

`default_nettype wire
