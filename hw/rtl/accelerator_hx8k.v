// accelerator_hx8k - the accelerator in the size of an iCE40 HX8K: 32 block RAMs, no SPRAM, no DSP
//
// The weights have eight of the block RAMs, 4096 bytes or 20,480 ternary weights; the tables have eight,
// activations, scales, psum three or four each.

`default_nettype none

module accelerator_hx8k #(
    parameter CLOCK_KHZ = 48000
) (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] s_data,
    input  wire       s_valid,
    output wire       s_ready,
    output wire [7:0] m_data,
    output wire       m_valid,
    input  wire       m_ready
);

    accelerator #(
        .TABLES(8),
        .WEIGHT_WORDS(512),
        .SCALES(1024),
        .BIASES(256),
        .PROGRAM_BYTES(512),
        .ACTIVATION_WORDS(256),
        .STATES(256),
        .REQUEST_BYTES(512),
        .REPLY_BYTES(512),
        .CLOCK_KHZ(CLOCK_KHZ),
        .BUILD_ID(0),
        .NAME({"hx8k", 32'd0})
    ) u_accelerator (
        .clk(clk),
        .rst(rst),
        .s_data(s_data),
        .s_valid(s_valid),
        .s_ready(s_ready),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready)
    );

endmodule

`default_nettype wire
