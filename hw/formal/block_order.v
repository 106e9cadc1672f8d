// block_order - block_walker offers the blocks of a layer in the order of use, none lost or twice, by the stream rules
//
// Any layer, whose header's fields hold until its last block has been taken; any stalls. Blocks of part X wait for their words where
// is_fresh. The loops over tiles, parts and blocks are written out here once more.

`default_nettype none

module block_order (
    input wire       clk,
    input wire       rst,
    input wire       layer_start,
    input wire       h_done,
    input wire [7:0] h_written,
    input wire       m_ready
);

    // The header: any, and the same as long as it is looked at.
    (* anyconst *) reg [7:0] tiles, x_word, x_blocks, h_word, h_blocks;
    (* anyconst *) reg [3:0] x_words, h_words;
    (* anyconst *) reg [8:0] x_program, h_program;
    (* anyconst *) reg       is_fresh;

    wire       m_valid;
    wire [7:0] m_word;
    wire [8:0] m_program;
    wire       m_h, m_first, m_ends_tile, m_last_tile;
    wire       waits_for_h;

    block_walker u_walker (
        .clk(clk),
        .rst(rst),
        .layer_start(layer_start),
        .tiles(tiles),
        .is_fresh(is_fresh),
        .h_done(h_done),
        .h_written(h_written),
        .x_word(x_word),
        .x_blocks(x_blocks),
        .x_words(x_words),
        .x_program(x_program),
        .h_word(h_word),
        .h_blocks(h_blocks),
        .h_words(h_words),
        .h_program(h_program),
        .m_valid(m_valid),
        .m_ready(m_ready),
        .m_word(m_word),
        .m_program(m_program),
        .m_h(m_h),
        .m_first(m_first),
        .m_ends_tile(m_ends_tile),
        .m_last_tile(m_last_tile),
        .waits_for_h(waits_for_h)
    );

    stream_rules #(
        .DATA_W(21)
    ) u_m_rules (
        .clk(clk),
        .rst(rst),
        .data({m_word, m_program, m_h, m_first, m_ends_tile, m_last_tile}),
        .valid(m_valid),
        .ready(m_ready)
    );

    wire       see_valid;  // = u_walker.valid_q
    wire       see_h;  // = u_walker.h_q
    wire       see_first;  // = u_walker.first_q
    wire [7:0] see_word;  // = u_walker.word_q
    wire [7:0] see_blocks;  // = u_walker.blocks_q
    wire [7:0] see_tiles;  // = u_walker.tiles_q
    wire       see_settled;  // = u_walker.settled_q
    wire       see_take;  // = u_walker.take_q

    // The block that is to be offered next: its tile, part, and place in the part; and the cycles since that is known.
    reg       started_q = 1'b0;
    reg       running_q;
    reg [7:0] tile_q;
    reg       part_q;
    reg [7:0] block_q;
    reg [7:0] word_q;
    reg [3:0] age_q;
    reg       ready_q;    // a cycle ago its words were there
    reg [8:0] written_q;  // words that hold new h, a cycle ago; 256: all of them

    wire       take = m_valid && m_ready;
    wire       part_ends = block_q + 8'd1 == (part_q ? h_blocks : x_blocks);
    wire       tile_ends = part_ends && (part_q || h_blocks == 8'd0);
    wire       last_tile = tile_q + 8'd1 == tiles;
    wire [7:0] end_word = word_q + {4'd0, part_q ? h_words : x_words};

    always @(posedge clk) begin
        started_q <= 1'b1;
        age_q <= take || layer_start ? 4'd0 : age_q == 4'd8 ? age_q : age_q + 4'd1;
        ready_q <= !is_fresh || part_q || h_done || end_word <= h_written;
        written_q <= h_done ? 9'd256 : {1'b0, h_written};
        if (layer_start) begin
            running_q <= 1'b1;
            tile_q <= 8'd0;
        end
        if (take) begin
            block_q <= block_q + 8'd1;
            word_q <= end_word;
            if (part_ends) begin
                part_q <= 1'b1;
                block_q <= 8'd0;
                word_q <= h_word;
            end
            if (tile_ends) begin
                tile_q <= tile_q + 8'd1;
                if (last_tile) running_q <= 1'b0;
            end
        end
        if (layer_start || (take && tile_ends)) begin
            part_q <= 1'b0;
            block_q <= 8'd0;
            word_q <= x_word;
        end
        if (rst) running_q <= 1'b0;
    end

    always @* begin
        if (!started_q) assume (rst);
        if (started_q && running_q) assume (!layer_start);
        if (started_q && age_q < 4'd3) assume (!layer_start);  // as sequencer does, which reads a header first
        if (started_q && running_q && !layer_start) assume (written_q <= (h_done ? 9'd256 : {1'b0, h_written}));
        if (started_q && !rst) begin
            if (m_valid) begin
                assert (running_q);
                assert (m_word == word_q && m_program == (part_q ? h_program : x_program) && m_h == part_q);
                assert (m_first == (block_q == 8'd0) && m_ends_tile == tile_ends && m_last_tile == last_tile);
                assert (ready_q);
            end
            assert (waits_for_h == (running_q && see_settled && !ready_q));
            if (running_q && age_q >= 4'd4) assert (m_valid || waits_for_h);  // none lost
            // What the induction needs.
            if (running_q) assert (block_q <= (part_q ? h_blocks : x_blocks) - 8'd1 && tile_q <= tiles - 8'd1);
            if (running_q && part_q) assert (h_blocks != 8'd0);
            if (see_settled) assert (see_valid && !see_take);
            if (!see_take) assert (see_valid == running_q);
            if (see_take) assert (age_q == 4'd0 && !see_settled);
            if (running_q && !see_take)
                assert (see_h == part_q && see_first == (block_q == 8'd0) && see_word == word_q &&
                        see_blocks == (part_q ? h_blocks : x_blocks) - block_q && see_tiles == tiles - tile_q);
        end
    end

endmodule

`default_nettype wire
