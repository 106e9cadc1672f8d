// layer_header - the fields of a layer's four header words (hw/README.md, section 1)
//
// load takes s_word as word s_index; the fields hold from the next cycle on. Addresses are those of
// the present phase. Bits beyond a memory's address width are ignored.

`default_nettype none

module layer_header #(
    parameter ACTIVATION_W = 8,
    parameter PROGRAM_W = 9
) (
    input  wire                    clk,
    input  wire                    load,
    input  wire [1:0]              s_index,
    input  wire [63:0]             s_word,
    input  wire                    phase,
    output reg  [2:0]              kind,
    output reg                     is_last,
    output reg                     is_fresh,
    output reg                     continues,
    output reg  [7:0]              tiles,
    output reg  [7:0]              units,       // of a stream in a tile
    output reg  [15:0]             total,       // of all streams
    output reg  [7:0]              rows,        // of a block
    output reg  [ACTIVATION_W-1:0] write_word,
    output reg  [ACTIVATION_W-1:0] x_word,
    output reg  [7:0]              x_blocks,
    output reg  [3:0]              x_words,     // per block
    output reg  [PROGRAM_W-1:0]    x_program,
    output reg  [ACTIVATION_W-1:0] h_word,
    output reg  [7:0]              h_blocks,
    output reg  [3:0]              h_words,
    output reg  [PROGRAM_W-1:0]    h_program
);
`include "protocol.vh"

    wire [ACTIVATION_W-1:0] word = phase ? s_word[16 +: ACTIVATION_W] : s_word[0 +: ACTIVATION_W];

    always @(posedge clk)
        if (load)
            case (s_index)
                2'd0: begin
                    kind <= s_word[2:0];
                    is_last <= (s_word[15:8] & `LAYER_LAST) != 8'd0;
                    is_fresh <= (s_word[15:8] & `LAYER_FRESH) != 8'd0;
                    continues <= (s_word[15:8] & `LAYER_CONTINUES) != 8'd0;
                    tiles <= s_word[23:16];
                    units <= s_word[39:32];
                    rows <= s_word[55:48];
                end
                2'd1: begin
                    write_word <= word;
                    total <= s_word[47:32];
                end
                2'd2: begin
                    x_word <= word;
                    x_blocks <= s_word[39:32];
                    x_words <= s_word[43:40];
                    x_program <= s_word[48 +: PROGRAM_W];
                end
                default: begin
                    h_word <= word;
                    h_blocks <= s_word[39:32];
                    h_words <= s_word[43:40];
                    h_program <= s_word[48 +: PROGRAM_W];
                end
            endcase

endmodule

`default_nettype wire
