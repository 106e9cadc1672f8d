// lane_memory - a block RAM: one write port whose lanes (bytes, as a rule) are enabled one by one, one read port
//
// Throughput: one write and one read per cycle. Latency: read_data is the word of the read_address
// of the cycle before. A word read in the very cycle it is written is undefined; outside synthesis
// it reads inverted, so that nobody relies on it. ADDRESS_W is clog2(WORDS); addresses from WORDS
// on are not to be written.

`default_nettype none

module lane_memory #(
    parameter LANES = 8,
    parameter LANE_W = 8,
    parameter WORDS = 256,
    parameter ADDRESS_W = 8
) (
    input  wire                 clk,
    input  wire [LANES-1:0]     write_lanes,
    input  wire [ADDRESS_W-1:0] write_address,
    input  wire [LANE_W*LANES-1:0]   write_data,
    input  wire [ADDRESS_W-1:0] read_address,
    output reg  [LANE_W*LANES-1:0]   read_data
);

    (* no_rw_check *)
    reg [LANE_W*LANES-1:0] word [0:WORDS-1];

`ifdef SYNTHESIS
    wire collision = 1'b0;
`else
    wire collision = write_lanes != {LANES{1'b0}} && write_address == read_address;
`endif

    genvar lane;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_lane
            always @(posedge clk)
                if (write_lanes[lane])
                    word[write_address][LANE_W*lane +: LANE_W]
                        <= write_data[LANE_W*lane +: LANE_W];
        end
    endgenerate

    always @(posedge clk)
        read_data <= word[read_address] ^ {LANE_W*LANES{collision}};

endmodule

`default_nettype wire
