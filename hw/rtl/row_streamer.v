// row_streamer - streams block after block through the tables; keeps the books of both bank pairs
//
// A table bank is taken from the start of its build (build_start, with what block_walker said of
// the block) until its block's last row; a psum bank from its tile's last row until the gate
// pipeline gives it back (tile_release). A block starts when its tables are built (build_done) and,
// if it is its tile's first, its psum bank is free; and not within 4 cycles of the start before, so
// that no row of psum is read before it has been written. A row of 0 counts as 256.
//
// row_valid: a word of weights is to be read; lookup_bank goes with that word, one cycle later;
// psum_valid, psum_row, psum_first with the sum of its entries, PSUM_DELAY later and one cycle
// ahead of it. Even rows meet psum in cycles with drain_turn low. tile_ends comes with a tile's last
// row, tile_ready when its sums are in psum, or UNIT_HEAD cycles earlier unless is_output (one of those
// at a time). finished: every row of the layer has been streamed;
// drained: every bank has been given back.

`default_nettype none

module row_streamer #(
    parameter TABLE_BANKS = 2,
    parameter PSUM_DELAY = 5
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       layer_start,
    input  wire [7:0] rows,
    input  wire       is_output,
    input  wire       build_start,
    input  wire       build_h,
    input  wire       build_first,
    input  wire       build_ends_tile,
    input  wire       build_last_tile,
    input  wire       build_done,
    output wire [1:0] table_taken,
    input  wire       drain_turn,
    output wire       row_valid,
    output wire       lookup_bank,
    output wire       psum_valid,
    output wire [8:0] psum_row,
    output wire       psum_first,
    output wire       tile_ends,
    output wire       tile_ready,
    input  wire       tile_release,
    output wire       finished,
    output wire       drained,
    output wire       waits_for_build,
    output wire       waits_for_gates
);

    localparam READY_DELAY = PSUM_DELAY + 3;
    localparam START_TURN = PSUM_DELAY % 2 == 0;    // for the even rows, when they meet psum
    localparam UNIT_HEAD = 6;       // cycles that gates take before they read a tile's last row

    // Table banks: what was built for them, and whether it is complete.
    reg [3:0] block_q [0:1];
    reg [1:0] full_q;
    reg       fill_bank_q;
    reg       bank_q;           // the bank of the block being streamed, or to be streamed next

    assign table_taken = full_q;

    // The block being streamed.
    reg        streaming_q;
    reg        last_row_q;
    reg  [7:0] left_q;          // rows left, this one included
    reg        tile_bank_q;
    wire       h, first, ends_tile, last_tile;
    wire       block_ends = streaming_q && last_row_q;

    assign tile_ends = block_ends && ends_tile;

    assign {h, first, ends_tile, last_tile} = block_q[bank_q];

    // The block to come.
    wire       next_bank = bank_q ^ (block_ends && TABLE_BANKS == 2);
    wire       other_bank = !bank_q;
    wire       next_tile_bank = tile_bank_q ^ tile_ends;
    wire       other_h, other_first, unused_other, unused_last;
    reg  [1:0] draining_q;      // psum banks that are the gate pipeline's
    reg        release_bank_q;
    reg  [2:0] recent_q;        // a block started 1, 2, 3 cycles ago
    wire       built = full_q[bank_q];          // the one after the last, or after the present one
    wire       blocked = first && !h && draining_q[tile_bank_q];
    wire       other_blocked = other_first && !other_h && draining_q[tile_bank_q ^ ends_tile];
    wire       follows = last_row_q && full_q[other_bank] && !other_blocked;
    wire       may_start = streaming_q ? follows : built && !blocked;
    wire       start = may_start && recent_q == 3'd0 && drain_turn == START_TURN;

    assign {other_h, other_first, unused_other, unused_last} = block_q[other_bank];

    always @(posedge clk) begin
        if (build_start)
            block_q[fill_bank_q] <= {build_h, build_first, build_ends_tile, build_last_tile};
        if (build_done)
            full_q[fill_bank_q] <= 1'b1;
        if (block_ends)
            full_q[bank_q] <= 1'b0;
        fill_bank_q <= fill_bank_q ^ (build_done && TABLE_BANKS == 2);
        bank_q <= next_bank;
        streaming_q <= start || (streaming_q && !block_ends);
        left_q <= start ? rows : left_q - 8'd1;
        last_row_q <= start ? rows == 8'd1 : left_q == 8'd2;
        recent_q <= {recent_q[1:0], start};
        tile_bank_q <= next_tile_bank;
        if (tile_ends)
            draining_q[tile_bank_q] <= 1'b1;
        if (tile_release) begin
            draining_q[release_bank_q] <= 1'b0;
            release_bank_q <= !release_bank_q;
        end
        if (rst) begin
            full_q <= 2'd0;
            fill_bank_q <= 1'b0;
            bank_q <= 1'b0;
            streaming_q <= 1'b0;
            recent_q <= 3'd0;
            tile_bank_q <= 1'b0;
            draining_q <= 2'd0;
            release_bank_q <= 1'b0;
        end
    end

    // The layer.
    reg running_q;

    assign row_valid = streaming_q;
    assign finished = !running_q;
    assign drained = draining_q == 2'd0;
    assign waits_for_build = running_q && !streaming_q && !built;
    assign waits_for_gates = running_q && !streaming_q && built && blocked;

    always @(posedge clk) begin
        if (layer_start)
            running_q <= 1'b1;
        else if (tile_ends && last_tile)
            running_q <= 1'b0;
        if (rst)
            running_q <= 1'b0;
    end

    // On the way to psum: {valid, first, bank, part}. Rows are counted when they arrive; part H lies
    // 128 rows up.
    reg  [3:0]              delay_q [1:PSUM_DELAY];
    reg  [PSUM_DELAY-1:0]   start_q;
    reg  [7:0]              row_q;
    wire                    psum_bank, psum_h;
    reg  [READY_DELAY-1:0]  ready_q;
    reg                     lookup_bank_q;
    integer                 i;

    assign {psum_valid, psum_first, psum_bank, psum_h} = delay_q[PSUM_DELAY];
    assign psum_row = {psum_bank, row_q[7] ^ psum_h, row_q[6:0]};
    assign lookup_bank = lookup_bank_q;
    assign tile_ready = ready_q[READY_DELAY-1];

    always @(posedge clk) begin
        delay_q[1] <= {streaming_q, first, tile_bank_q, h};
        start_q <= {start_q[PSUM_DELAY-2:0], start};
        row_q <= start_q[PSUM_DELAY-1] ? 8'd0 : row_q + 8'd1;
        for (i = 2; i <= PSUM_DELAY; i = i + 1)
            delay_q[i] <= delay_q[i-1];
        ready_q <= {ready_q[READY_DELAY-2:0], tile_ends && is_output};
        if (tile_ends && !is_output)
            ready_q[UNIT_HEAD] <= 1'b1;
        lookup_bank_q <= bank_q;
        if (rst) begin
            for (i = 1; i <= PSUM_DELAY; i = i + 1)
                delay_q[i] <= 4'd0;
            ready_q <= {READY_DELAY{1'b0}};
        end
    end

endmodule

`default_nettype wire
