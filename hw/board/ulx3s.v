// ulx3s - ULX3S: ECP5 LFE5U, full-speed USB on the connector US2
//
// 25 MHz / 5 x 8 x 12 / 10 = 48 MHz. The pull-down switch of D- is left alone.

`default_nettype none

module ulx3s (
    input  wire clk_25mhz,
    inout  wire usb_dp,
    inout  wire usb_dn,
    output wire usb_pullup,
    output wire led
);

    wire clk;
    wire locked;
    wire dp;
    wire dn;
    wire oe;
    wire led_n;

    assign led = !led_n;
    assign usb_dp = oe ? dp : 1'bz;
    assign usb_dn = oe ? dn : 1'bz;

    ecp5_clock #(
        .INPUT(5),
        .FEEDBACK(8),
        .VCO(12),
        .OUTPUT(10)
    ) u_ecp5_clock (
        .clk_25mhz(clk_25mhz),
        .clk(clk),
        .locked(locked)
    );

    usb_small u_usb_small (
        .clk(clk),
        .ready(locked),
        .dp_in(usb_dp),
        .dn_in(usb_dn),
        .dp_out(dp),
        .dn_out(dn),
        .oe(oe),
        .attach(usb_pullup),
        .led(led_n)
    );

endmodule

`default_nettype wire
