// memory_port - one byte at a time in and out of the six memories, and the clearing of two of them
//
// A word of activations has LANES bytes. A word of weights is in SLICES of 8 bytes, each of which has
// its words one after the other in the address space: WEIGHT_W bits of word, above them the slice.
//
// write: byte `address` of the memory `select` is written. read: rdata is that byte three cycles
// later, with rvalid. select is there a cycle before, and until rvalid. One access at a time. An unknown memory takes no write and reads as 0. clear
// zeroes every word of activation and state memory; clearing is high meanwhile, from the next cycle
// on, and no access may be made.
//
// lanes_* and word select the byte within each memory; data is the byte to write (0 while
// clearing), for every lane.

`default_nettype none

module memory_port #(
    parameter LANES = 8,
    parameter SLICES = 1,
    parameter WEIGHT_W = 17,
    parameter ACTIVATION_W = 17,
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
    output wire [8*SLICES-1:0] lanes_weights,
    output wire [1:0]  lanes_scales,
    output wire [1:0]  lanes_biases,
    output wire        lanes_programs,
    output wire [LANES-1:0] lanes_activations,
    output wire [1:0]  lanes_state,
    output wire [WEIGHT_W-1:0] weight_word,
    output wire [ACTIVATION_W-1:0] activation_word,
    output wire [18:0] word2,           // in memories of 2-byte words
    output wire [19:0] word1,           // in memories of bytes
    output wire [7:0]  data,
    input  wire [64*SLICES-1:0] weights,
    input  wire [15:0] scales,
    input  wire [15:0] biases,
    input  wire [7:0]  programs,
    input  wire [8*LANES-1:0] activations,
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
    localparam LANE_W = $clog2(LANES);

    wire [18:0] clear_word = {{19-CLEAR_W{1'b0}}, word_q};
    wire [19:0] slice = address >> (WEIGHT_W + 3);

    wire [1:0] lane2 = {1'b0, write} << address[0];
    reg  [5:0] at_q;    // the memory, as one bit

    always @(posedge clk)
        at_q <= {select == `MEM_STATE, select == `MEM_ACTIVATIONS, select == `MEM_PROGRAMS, select == `MEM_BIASES,
                 select == `MEM_SCALES, select == `MEM_WEIGHTS};

    assign lanes_scales = lane2 & {2{at_q[`MEM_SCALES]}};
    assign lanes_biases = lane2 & {2{at_q[`MEM_BIASES]}};
    assign lanes_programs = write && at_q[`MEM_PROGRAMS];
    assign lanes_activations = {LANES{clearing_q}}
        | ({{LANES-1{1'b0}}, write && at_q[`MEM_ACTIVATIONS]} << address[LANE_W-1:0]);
    assign lanes_state = {2{clearing_q}} | (lane2 & {2{at_q[`MEM_STATE]}});
    assign weight_word = address[3 +: WEIGHT_W];
    assign activation_word = clearing_q ? clear_word[ACTIVATION_W-1:0]
                             : address[LANE_W +: ACTIVATION_W];
    assign word2 = clearing_q ? clear_word : address[19:1];
    assign word1 = address;
    assign data = clearing_q ? 8'd0 : wdata;

    genvar s;
    generate
        for (s = 0; s < SLICES; s = s + 1) begin : g_slice
            wire hit = SLICES == 1 || {12'd0, slice} == s;

            assign lanes_weights[8*s +: 8]
                = {7'd0, write && at_q[`MEM_WEIGHTS] && hit} << address[2:0];
        end
    endgenerate

    // Reading: the memories answer in the next cycle. First a byte of each word (of the slice, and of the
    // eight lanes, where it is), then of all.
    reg [2:0]   read_q;
    reg [2:0]   lane_q;
    reg [7:0]   activation_q, small_q;
    wire [7:0]  weight_byte;
    wire [63:0] activations8;

    always @(posedge clk) begin
        read_q <= rst ? 3'd0 : {read_q[1:0], read};
        lane_q <= address[2:0];
        activation_q <= activations8[{lane_q, 3'd0} +: 8];
        case (1'b1)
            at_q[`MEM_SCALES]:   small_q <= scales[{lane_q[0], 3'd0} +: 8];
            at_q[`MEM_BIASES]:   small_q <= biases[{lane_q[0], 3'd0} +: 8];
            at_q[`MEM_PROGRAMS]: small_q <= programs;
            at_q[`MEM_STATE]:    small_q <= states[{lane_q[0], 3'd0} +: 8];
            default:             small_q <= 8'd0;
        endcase
        rdata <= at_q[`MEM_WEIGHTS] ? weight_byte : at_q[`MEM_ACTIVATIONS] ? activation_q : small_q;
    end

    assign rvalid = read_q[2];

    generate
        if (LANES == 8) begin : g_narrow
            assign activations8 = activations;
        end else begin : g_wide
            reg [LANE_W-4:0] eight_q;

            assign activations8 = activations[{eight_q, 6'd0} +: 64];

            always @(posedge clk)
                eight_q <= address[LANE_W-1:3];
        end

        if (SLICES == 1) begin : g_one
            reg [7:0] weight_q;

            assign weight_byte = weight_q;

            always @(posedge clk)
                weight_q <= weights[{lane_q, 3'd0} +: 8];
        end else begin : g_several
            localparam SLICE_W = $clog2(SLICES);

            reg [SLICE_W-1:0] slice_q;
            reg [63:0]        weights_q;
            reg [2:0]         lane_qq;

            assign weight_byte = weights_q[{lane_qq, 3'd0} +: 8];

            always @(posedge clk) begin
                slice_q <= slice[SLICE_W-1:0];
                weights_q <= weights[{slice_q, 6'd0} +: 64];
                lane_qq <= lane_q;
            end
        end
    endgenerate

endmodule

`default_nettype wire
