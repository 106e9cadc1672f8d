// accelerator_small - the accelerator of an UP5K with fewer weights, all in block RAM, for boards with other parts

`default_nettype none

module accelerator_small #(
    parameter WEIGHT_WORDS = 8192,  // of 64 bits
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

    accelerator_up5k #(
        .WEIGHT_WORDS(WEIGHT_WORDS),
        .CLOCK_KHZ(CLOCK_KHZ),
        .NAME({"small", 24'd0})
    ) u_accelerator_up5k (
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
