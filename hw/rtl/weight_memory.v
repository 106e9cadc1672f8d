// weight_memory - the stream of weight bytes: 64-bit words behind one port
//
// A cycle writes (the byte lanes of write_lanes) if any lane is enabled, and reads otherwise.
// Latency of a read: one cycle; read_data holds its value during writes. WORDS = 16384 fills the
// four single-port RAMs of an iCE40 UP5K, which is why there is one port (yosys synth_ice40 -spram
// finds them by itself).

`default_nettype none

module weight_memory #(
    parameter WORDS = 16384,
    parameter ADDRESS_W = 14
) (
    input  wire                 clk,
    input  wire [ADDRESS_W-1:0] address,
    input  wire [7:0]           write_lanes,
    input  wire [63:0]          write_data,
    output reg  [63:0]          read_data
);

    reg [63:0] word [0:WORDS-1];

    genvar lane;
    generate
        for (lane = 0; lane < 8; lane = lane + 1) begin : g_lane
            always @(posedge clk)
                if (write_lanes[lane])
                    word[address][8*lane +: 8] <= write_data[8*lane +: 8];
        end
    endgenerate

    always @(posedge clk)
        if (write_lanes == 8'd0)
            read_data <= word[address];

endmodule

`default_nettype wire
