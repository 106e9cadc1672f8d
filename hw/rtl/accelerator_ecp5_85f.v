// accelerator_ecp5_85f - the accelerator in the size of an ECP5 LFE5U-85F: 83,640 LUTs, 208 block RAMs
//
// As accelerator_ecp5_85f, with 32 streams: 3,072 ternary weights a cycle, 192 block RAMs for weights
// and psum.

`default_nettype none

module accelerator_ecp5_85f #(
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
        .STREAMS(32),
        .ENTRIES(16),
        .TABLE_W(11),
        .TABLE_BANKS(1),
        .PSUM_W(18),
        .WEIGHT_WORDS(512),
        .SCALES(4096),
        .BIASES(1024),
        .PROGRAM_BYTES(128),
        .ACTIVATION_WORDS(64),
        .STATES(1024),
        .REQUEST_BYTES(1024),
        .REPLY_BYTES(1024),
        .CLOCK_KHZ(CLOCK_KHZ),
        .BUILD_ID(0),
        .NAME("ecp5-85f")
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
