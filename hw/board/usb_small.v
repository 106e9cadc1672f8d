// usb_small - the small accelerator behind the USB core, both at 48 MHz; what the USB boards have in common
//
// The lines are driven while oe. attach goes to D+ through 1.5 kOhm: it tells the host that we are here.

`default_nettype none

module usb_small #(
    parameter WEIGHT_WORDS = 8192
) (
    input  wire clk,     // 48 MHz
    input  wire ready,   // it is stable
    input  wire dp_in,
    input  wire dn_in,
    output wire dp_out,
    output wire dn_out,
    output wire oe,
    output wire attach,
    output wire led      // low after traffic
);

    wire       rst;
    wire [7:0] in_data;
    wire       in_valid;
    wire       in_ready;
    wire [7:0] out_data;
    wire       out_valid;
    wire       out_ready;
    wire       configured;
    wire       suspended;
    wire       unused = &{1'b0, configured, suspended};

    assign attach = !rst;

    power_up u_power_up (
        .clk(clk),
        .ready(ready),
        .active(in_valid || out_valid),
        .rst(rst),
        .led(led)
    );

    usb_device u_usb_device (
        .clk(clk),
        .rst(rst),
        .dp_in(dp_in),
        .dn_in(dn_in),
        .dp_out(dp_out),
        .dn_out(dn_out),
        .oe(oe),
        .s_data(out_data),
        .s_valid(out_valid),
        .s_ready(out_ready),
        .m_data(in_data),
        .m_valid(in_valid),
        .m_ready(in_ready),
        .configured(configured),
        .suspended(suspended)
    );

    accelerator_small #(
        .WEIGHT_WORDS(WEIGHT_WORDS),
        .CLOCK_KHZ(48000)
    ) u_accelerator_small (
        .clk(clk),
        .rst(rst),
        .s_data(in_data),
        .s_valid(in_valid),
        .s_ready(in_ready),
        .m_data(out_data),
        .m_valid(out_valid),
        .m_ready(out_ready)
    );

endmodule

`default_nettype wire
