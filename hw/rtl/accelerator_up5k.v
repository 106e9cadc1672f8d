// accelerator_up5k - the accelerator in the size of an iCE40 UP5K: 30 block RAMs, 4 SPRAMs, no DSP
//
// The same module is simulated and synthesised. 48 MHz is the part's own oscillator.

`default_nettype none

module accelerator_up5k #(
    parameter WEIGHT_WORDS = 16384,
    parameter CLOCK_KHZ = 48000,
    parameter [63:0] NAME = {"up5k", 32'd0}
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
        .WEIGHT_WORDS(WEIGHT_WORDS),
        .SCALES(2048),
        .BIASES(1024),
        .PROGRAM_BYTES(512),
        .ACTIVATION_WORDS(256),
        .STATES(256),
        .REQUEST_BYTES(512),
        .REPLY_BYTES(512),
        .CLOCK_KHZ(CLOCK_KHZ),
        .BUILD_ID(0),
        .NAME(NAME)
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
