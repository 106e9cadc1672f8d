// memory_port - one byte at a time in and out of the six memories, and the clearing of two of them
//
// write: byte `address` of the memory `select` is written. read: rdata is that byte three cycles
// later, with rvalid. One access at a time. An unknown memory takes no write and reads as 0. clear
// zeroes every word of activation and state memory; clearing is high meanwhile, from the next cycle
// on, and no access may be made.
//
// lanes_* and word select the byte within each memory; data is the byte to write (0 while
// clearing), for every lane.

`default_nettype none

module memory_port #(
    parameter CLEAR_W = 8       // address width of the larger of activation and state memory
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [2:0]  select,
    input  wire [19:0] address,
    input  wire        write,
    input  wire [7:0]  wdata,
    input  wire        read,
    output reg  [7:0]  rdata,
    output wire        rvalid,
    input  wire        clear,
    output wire        clearing,
    output wire [7:0]  lanes_weights,
    output wire [1:0]  lanes_scales,
    output wire [1:0]  lanes_biases,
    output wire        lanes_programs,
    output wire [7:0]  lanes_activations,
    output wire [1:0]  lanes_state,
    output wire [16:0] word8,           // address in memories of 8-byte words
    output wire [18:0] word2,           // in memories of 2-byte words
    output wire [19:0] word1,           // in memories of bytes
    output wire [7:0]  data,
    input  wire [63:0] weights,
    input  wire [15:0] scales,
    input  wire [15:0] biases,
    input  wire [7:0]  programs,
    input  wire [63:0] activations,
    input  wire [15:0] states
);
`include "protocol.vh"

    // Clearing walks the words of both memories together.
    reg               clearing_q;
    reg [CLEAR_W-1:0] word_q;

    assign clearing = clearing_q;

    always @(posedge clk) begin
        word_q <= clearing_q ? word_q + 1'b1 : {CLEAR_W{1'b0}};
        if (clear)
            clearing_q <= 1'b1;
        else if (word_q == {CLEAR_W{1'b1}})
            clearing_q <= 1'b0;
        if (rst)
            clearing_q <= 1'b0;
    end

    // Writing.
    wire [7:0] lane8 = {7'd0, write} << address[2:0];
    wire [1:0] lane2 = {1'b0, write} << address[0];

    assign lanes_weights = select == `MEM_WEIGHTS ? lane8 : 8'd0;
    assign lanes_scales = select == `MEM_SCALES ? lane2 : 2'd0;
    assign lanes_biases = select == `MEM_BIASES ? lane2 : 2'd0;
    assign lanes_programs = select == `MEM_PROGRAMS && write;
    assign lanes_activations = clearing_q ? 8'hff : select == `MEM_ACTIVATIONS ? lane8 : 8'd0;
    assign lanes_state = clearing_q ? 2'b11 : select == `MEM_STATE ? lane2 : 2'd0;
    assign word8 = clearing_q ? {{17-CLEAR_W{1'b0}}, word_q} : address[19:3];
    assign word2 = clearing_q ? {{19-CLEAR_W{1'b0}}, word_q} : address[19:1];
    assign word1 = address;
    assign data = clearing_q ? 8'd0 : wdata;

    // Reading: the memories answer in the next cycle. First a byte of each kind of word, then of all.
    reg [2:0] read_q;
    reg [2:0] select_q, select_qq;
    reg [2:0] lane_q;
    reg [7:0] weight_q, activation_q, small_q;

    assign rvalid = read_q[2];

    always @(posedge clk) begin
        read_q <= rst ? 3'd0 : {read_q[1:0], read};
        select_q <= select;
        select_qq <= select_q;
        lane_q <= address[2:0];
        weight_q <= weights[{lane_q, 3'd0} +: 8];
        activation_q <= activations[{lane_q, 3'd0} +: 8];
        case (select_q)
            `MEM_SCALES:   small_q <= scales[{lane_q[0], 3'd0} +: 8];
            `MEM_BIASES:   small_q <= biases[{lane_q[0], 3'd0} +: 8];
            `MEM_PROGRAMS: small_q <= programs;
            `MEM_STATE:    small_q <= states[{lane_q[0], 3'd0} +: 8];
            default:       small_q <= 8'd0;
        endcase
        case (select_qq)
            `MEM_WEIGHTS:     rdata <= weight_q;
            `MEM_ACTIVATIONS: rdata <= activation_q;
            default:          rdata <= small_q;
        endcase
    end

endmodule

`default_nettype wire
