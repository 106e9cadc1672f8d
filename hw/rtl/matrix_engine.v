// matrix_engine - the sums of a layer: every row of every tile, table by table
//
// layer_start begins, with the header's fields held until finished: tables are built one block
// ahead of the rows that use them (or, with one bank of tables, between rows), each row_valid takes
// the next word of codes (weight_word comes one cycle later), and the sums of a finished tile are
// announced by tile_ready, to be read by psum_word/psum_data until tile_release. A fresh block X
// waits for its activations (block_walker.v). One row a cycle while streaming; blocks follow each
// other without a gap if there are two banks and the rows are even in number and 3 more than the
// program's bytes.
//
// STREAMS rows are served in each cycle, of as many units: each stream has its own codes in the word
// (stream s the TABLES codes from code s TABLES on), tables, adders and psum. The gates are shown one
// stream's part of a tile after the other (stream_drain.v), the part's units in tile_units.

`default_nettype none

module matrix_engine #(
    parameter TABLES = 8,
    parameter STREAMS = 1,
    parameter ENTRY_W = 7,
    parameter TABLE_W = 16,
    parameter TABLE_BANKS = 2,
    parameter PSUM_W = 24,
    parameter ACTIVATION_W = 8,
    parameter PROGRAM_W = 9,
    parameter WORD_W = STREAMS * TABLES * (ENTRY_W + 1)
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire                    layer_start,
    input  wire [7:0]              tiles,
    input  wire                    is_fresh,
    input  wire [7:0]              units,       // of a stream in a tile
    input  wire [15:0]             total,       // of all streams, if there are several
    input  wire [7:0]              rows,        // of a stream in a tile
    input  wire                    is_output,
    input  wire                    h_done,
    input  wire [ACTIVATION_W-1:0] h_written,
    input  wire [ACTIVATION_W-1:0] x_word,
    input  wire [7:0]              x_blocks,
    input  wire [3:0]              x_words,
    input  wire [PROGRAM_W-1:0]    x_program,
    input  wire [ACTIVATION_W-1:0] h_word,
    input  wire [7:0]              h_blocks,
    input  wire [3:0]              h_words,
    input  wire [PROGRAM_W-1:0]    h_program,
    output wire                    finished,
    output wire                    drained,
    output wire [PROGRAM_W-1:0]    program_address,
    input  wire [7:0]              program_data,
    output wire [ACTIVATION_W-1:0] activation_address,
    input  wire [8*TABLES-1:0]     activation_data,
    output wire                    row_valid,
    input  wire [WORD_W-1:0]       weight_word,
    output wire                    tile_ends,
    output wire                    tile_ready,
    output wire [7:0]              tile_units,
    input  wire                    tile_release,
    input  wire                    drain_turn,
    input  wire [7:0]              psum_word,
    output wire [23:0]             psum_data,
    output wire                    waits_for_build,
    output wire                    waits_for_gates
);

    localparam LEVELS = $clog2(TABLES);
    localparam SUM_W = TABLE_W + LEVELS;

    // Which block to build, and which rows to stream.
    wire                    block_valid, block_ready;
    wire                    block_h, block_first, block_ends_tile, block_last_tile;
    wire [ACTIVATION_W-1:0] block_word;
    wire [PROGRAM_W-1:0]    block_program;
    wire                    build_done;
    wire [1:0]              table_taken;
    wire                    lookup_bank, sum_valid, sum_first;
    wire [8:0]              sum_row;
    wire                    streamed;       // every row of the layer
    wire                    all_ends, all_ready, all_release;   // of all streams together
    wire                    block_waits, streamer_waits, bank_waits;

    assign waits_for_build = streamer_waits && !block_waits;
    assign waits_for_gates = bank_waits || (streamer_waits && block_waits) || (streamed && !finished);

    block_walker #(
        .ACTIVATION_W(ACTIVATION_W),
        .PROGRAM_W(PROGRAM_W)
    ) u_walker (
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
        .m_valid(block_valid),
        .m_ready(block_ready),
        .m_word(block_word),
        .m_program(block_program),
        .m_h(block_h),
        .m_first(block_first),
        .m_ends_tile(block_ends_tile),
        .m_last_tile(block_last_tile),
        .waits_for_h(block_waits)
    );

    row_streamer #(
        .TABLE_BANKS(TABLE_BANKS),
        .PSUM_DELAY(2 + LEVELS)
    ) u_streamer (
        .clk(clk),
        .rst(rst),
        .layer_start(layer_start),
        .rows(rows),
        .is_output(is_output),
        .build_start(block_valid && block_ready),
        .build_h(block_h),
        .build_first(block_first),
        .build_ends_tile(block_ends_tile),
        .build_last_tile(block_last_tile),
        .build_done(build_done),
        .table_taken(table_taken),
        .drain_turn(drain_turn),
        .row_valid(row_valid),
        .lookup_bank(lookup_bank),
        .psum_valid(sum_valid),
        .psum_row(sum_row),
        .psum_first(sum_first),
        .tile_ends(all_ends),
        .tile_ready(all_ready),
        .tile_release(all_release),
        .finished(streamed),
        .drained(drained),
        .waits_for_build(streamer_waits),
        .waits_for_gates(bank_waits)
    );

    // Build, look up, add.
    wire                      table_write;
    wire [ENTRY_W:0]          table_address;
    wire [TABLES*TABLE_W-1:0] table_data;
    wire [STREAMS*PSUM_W-1:0] sums;     // drained
    wire [7:0]                drain_word;
    wire [PSUM_W-1:0]         drained_sum;

    assign psum_data = {{25-PSUM_W{drained_sum[PSUM_W-1]}}, drained_sum[PSUM_W-2:0]};

    table_builder #(
        .TABLES(TABLES),
        .ENTRY_W(ENTRY_W),
        .TABLE_W(TABLE_W),
        .TABLE_BANKS(TABLE_BANKS),
        .PROGRAM_W(PROGRAM_W),
        .ACTIVATION_W(ACTIVATION_W)
    ) u_builder (
        .clk(clk),
        .rst(rst),
        .s_valid(block_valid),
        .s_ready(block_ready),
        .s_word(block_word),
        .s_program(block_program),
        .bank_taken(table_taken),
        .done(build_done),
        .program_address(program_address),
        .program_data(program_data),
        .activation_address(activation_address),
        .activation_data(activation_data),
        .table_write(table_write),
        .table_address(table_address),
        .table_data(table_data)
    );

    genvar s;
    generate
        for (s = 0; s < STREAMS; s = s + 1) begin : g_stream
            localparam CODES_W = TABLES * (ENTRY_W + 1);

            wire [TABLES*TABLE_W-1:0] entry;
            wire [TABLES-1:0]         negative;
            wire signed [SUM_W-1:0]   sum;
            wire                      carry;

            table_lookup #(
                .TABLES(TABLES),
                .ENTRY_W(ENTRY_W),
                .TABLE_W(TABLE_W),
                .TABLE_BANKS(TABLE_BANKS)
            ) u_lookup (
                .clk(clk),
                .table_write(table_write),
                .table_address(table_address),
                .table_data(table_data),
                .s_bank(lookup_bank),
                .s_codes(weight_word[CODES_W*s +: CODES_W]),
                .m_entry(entry),
                .m_negative(negative)
            );

            adder_tree #(
                .TABLES(TABLES),
                .ENTRY_W(TABLE_W)
            ) u_tree (
                .clk(clk),
                .s_entry(entry),
                .s_negative(negative),
                .m_sum(sum),
                .m_carry(carry)
            );

            psum_memory #(
                .SUM_W(SUM_W),
                .PSUM_W(PSUM_W)
            ) u_psum (
                .clk(clk),
                .rst(rst),
                .s_valid(sum_valid),
                .s_row(sum_row),
                .s_first(sum_first),
                .s_sum(sum),
                .s_carry(carry),
                .drain_turn(drain_turn),
                .drain_word(drain_word),
                .drain_data(sums[PSUM_W*s +: PSUM_W])
            );
        end

        if (STREAMS == 1) begin : g_one
            assign tile_ends = all_ends;
            assign tile_ready = all_ready;
            assign tile_units = units;
            assign all_release = tile_release;
            assign finished = streamed;
            assign drain_word = psum_word;
            assign drained_sum = sums;

            wire unused = &{1'b0, total};
        end else begin : g_several
            localparam STREAM_W = $clog2(STREAMS);

            wire [STREAM_W-1:0] stream;
            wire                showing;

            assign finished = streamed && !showing;
            reg [PSUM_W-1:0] chosen;
            integer          i;

            always @* begin
                chosen = {PSUM_W{1'b0}};
                for (i = 0; i < STREAMS; i = i + 1)
                    if (stream == i[STREAM_W-1:0])
                        chosen = chosen | sums[PSUM_W*i +: PSUM_W];
            end

            assign drained_sum = chosen;

            stream_drain #(
                .STREAMS(STREAMS),
                .STREAM_W(STREAM_W)
            ) u_drain (
                .clk(clk),
                .rst(rst),
                .units(units),
                .total(total),
                .s_tile_ends(all_ends),
                .s_tile_ready(all_ready),
                .s_tile_release(all_release),
                .busy(showing),
                .m_tile_ends(tile_ends),
                .m_tile_ready(tile_ready),
                .m_units(tile_units),
                .m_tile_release(tile_release),
                .drain_turn(drain_turn),
                .m_word(psum_word),
                .s_word(drain_word),
                .stream(stream)
            );
        end
    endgenerate

endmodule

`default_nettype wire
