// accelerator_gw2a_18 - the accelerator in the size of a Gowin GW2A-18: 20,736 LUTs, 46 block RAMs
//
// Five streams of 32 tables in LUT RAM: 480 ternary weights a cycle. The part has 41,472 bits of LUT RAM,
// 648 cells of 16 x 4: the tables take 480 of them, the activations 128.

`default_nettype none

module accelerator_gw2a_18 #(
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
        .STREAMS(5),
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
        .NAME({"gw2a-18", 8'd0})
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
