// accelerator_ecp5_25f - the accelerator in the size of an ECP5 LFE5U-25F: 24,288 LUTs, 56 block RAMs
//
// Eight streams of 32 tables in LUT RAM: 768 ternary weights a cycle. A stream's weights (160 bits a
// cycle) fill five block RAMs, its psum (two sums of 18 bits a cycle) one: 48; the rest hold scales,
// biases, states and frames.

`default_nettype none

module accelerator_ecp5_25f #(
    parameter CLOCK_KHZ = 50000
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
        .TABLES(32),
        .STREAMS(8),
        .ENTRIES(16),
        .TABLE_W(11),
        .TABLE_BANKS(1),
        .PSUM_W(18),
        .WEIGHT_WORDS(512),
        .SCALES(2048),
        .BIASES(1024),
        .PROGRAM_BYTES(128),
        .ACTIVATION_WORDS(32),
        .STATES(1024),
        .REQUEST_BYTES(1024),
        .REPLY_BYTES(1024),
        .CLOCK_KHZ(CLOCK_KHZ),
        .BUILD_ID(0),
        .NAME("ecp5-25f")
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
