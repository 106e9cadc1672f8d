// block_walker - the blocks of a layer in the order of use: tile by tile, part X's, then part H's
//
// layer_start (one cycle, the header's fields valid, part H's from the next) begins; then m_valid
// offers block after block until the layer's last has been taken, each for the first time three
// cycles after the one before was taken, or four of part X where is_fresh: the taking and what the
// counts say are in registers first.
// Where is_fresh, a block of part X comes no sooner than its words have been written: they are
// below h_written, or h_done, each of which is looked at a cycle late and does not go back. m_word
// and m_program say what to build the block's tables from. m_h: of part H; m_first: the first of
// its part; m_ends_tile: the last of its tile; m_last_tile: of the layer's last tile. A field
// `blocks` of part X or `tiles` that is 0 counts as 256.

`default_nettype none

module block_walker #(
    parameter ACTIVATION_W = 8,
    parameter PROGRAM_W = 9
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire                    layer_start,
    input  wire [7:0]              tiles,
    input  wire                    is_fresh,
    input  wire                    h_done,
    input  wire [ACTIVATION_W-1:0] h_written,   // words below it hold new h
    input  wire [ACTIVATION_W-1:0] x_word,
    input  wire [7:0]              x_blocks,
    input  wire [3:0]              x_words,
    input  wire [PROGRAM_W-1:0]    x_program,
    input  wire [ACTIVATION_W-1:0] h_word,
    input  wire [7:0]              h_blocks,
    input  wire [3:0]              h_words,
    input  wire [PROGRAM_W-1:0]    h_program,
    output wire                    m_valid,
    input  wire                    m_ready,
    output wire [ACTIVATION_W-1:0] m_word,
    output wire [PROGRAM_W-1:0]    m_program,
    output wire                    m_h,
    output wire                    m_first,
    output wire                    m_ends_tile,
    output wire                    m_last_tile,
    output wire                    waits_for_h
);

    reg                    valid_q;
    reg                    h_q;
    reg                    first_q;
    reg [ACTIVATION_W-1:0] word_q;
    reg [7:0]              blocks_q;    // left in the part, this one included
    reg [7:0]              tiles_q;     // left in the layer, this one included

    reg                    settled_q;   // what follows is of the present block
    reg                    written_q;   // it may be read
    reg                    part_ends_q; // the block is the last of its part
    reg                    ends_tile_q;
    reg                    last_tile_q;

    wire part_ends = blocks_q == 8'd1;
    wire to_h = !h_q && h_blocks != 8'd0;
    wire take = m_valid && m_ready;
    reg  take_q, moved_q;

    wire [ACTIVATION_W-1:0] next_word = word_q + {{ACTIVATION_W-4{1'b0}}, h_q ? h_words : x_words};
    reg  [ACTIVATION_W-1:0] next_word_q;
    wire                    late = is_fresh && !h_q && moved_q;   // next_word_q is the last block's

    assign m_valid = valid_q && settled_q && written_q;
    assign waits_for_h = valid_q && settled_q && !written_q;
    assign m_word = word_q;
    assign m_program = h_q ? h_program : x_program;
    assign m_h = h_q;
    assign m_first = first_q;
    assign m_ends_tile = ends_tile_q;
    assign m_last_tile = last_tile_q;

    always @(posedge clk) begin
        take_q <= take && !rst;
        moved_q <= take_q || layer_start;
        settled_q <= valid_q && !take && !take_q && !layer_start && !late && !rst;
        written_q <= !is_fresh || h_q || h_done || next_word_q <= h_written;
        next_word_q <= next_word;
        part_ends_q <= part_ends;
        ends_tile_q <= part_ends && !to_h;
        last_tile_q <= tiles_q == 8'd1;
    end

    always @(posedge clk) begin
        if (layer_start) begin
            valid_q <= 1'b1;
            tiles_q <= tiles;
        end else if (take_q && m_ends_tile) begin
            valid_q <= !m_last_tile;
            tiles_q <= tiles_q - 8'd1;
        end
        if (layer_start || (take_q && m_ends_tile)) begin
            h_q <= 1'b0;
            first_q <= 1'b1;
            word_q <= x_word;
            blocks_q <= x_blocks;
        end else if (take_q && part_ends_q) begin
            h_q <= 1'b1;
            first_q <= 1'b1;
            word_q <= h_word;
            blocks_q <= h_blocks;
        end else if (take_q) begin
            first_q <= 1'b0;
            word_q <= next_word_q;
            blocks_q <= blocks_q - 8'd1;
        end
        if (rst)
            valid_q <= 1'b0;
    end

endmodule

`default_nettype wire
