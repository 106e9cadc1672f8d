// gate_pipeline - drains the psum banks of finished tiles: units to new h, or rows to a stream
//
// tile_ends (one cycle, at a tile's last row) takes what its layer's header says a cycle later: kind, units
// and, unless the layer continues, write_word; and emit. tile_ready (one cycle, later) announces that its bank may
// be read: the banks alternate, the first after rst is bank 0. tile_release is high for one cycle
// when a bank has been read. idle: everything announced has been drained, written and sent. Activation
// words below h_word hold new h of the layer that is being drained.
//
// Units: two per round, see gate_schedule.v. Scales, biases and states are taken in order from
// step_start on; h8 is written in order from lane 0 of write_word on. Output layer: the rows go to
// m_*, or nowhere unless emit. psum words are read in cycles with drain_turn high, which alternates;
// psum_data is the word's even row in the cycle after and its odd row in the next. The other memories
// answer in the next cycle.

`default_nettype none
`include "protocol.vh"

module gate_pipeline #(
    parameter TABLES = 8,       // lanes of an activation word
    parameter SCALE_W = 11,
    parameter BIAS_W = 10,
    parameter STATE_W = 8,
    parameter ACTIVATION_W = 8
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire                    step_start,
    input  wire                    layer_start,
    input  wire                    emit,
    input  wire [2:0]              kind,
    input  wire                    continues,
    input  wire [7:0]              units,
    input  wire [ACTIVATION_W-1:0] write_word,
    input  wire                    tile_ends,
    input  wire                    tile_ready,
    output reg                     tile_release,
    output wire                    idle,
    output wire [ACTIVATION_W-1:0] h_word,
    output wire                    drain_turn,
    output wire [7:0]              psum_word,
    input  wire [23:0]             psum_data,
    output wire [SCALE_W-1:0]      scale_address,
    input  wire [11:0]             scale_data,
    output wire [BIAS_W-1:0]       bias_address,
    input  wire [15:0]             bias_data,
    output wire [STATE_W-1:0]      state_read_address,
    input  wire [15:0]             state_read_data,
    output wire                    state_write,
    output wire [STATE_W-1:0]      state_write_address,
    output wire [15:0]             state_write_data,
    output reg                     activation_write,
    output reg  [TABLES-1:0]       activation_write_lanes,
    output reg  [ACTIVATION_W-1:0] activation_write_address,
    output wire [7:0]              activation_write_data,
    output wire [7:0]              m_data,
    output wire                    m_valid,
    input  wire                    m_ready
);

    localparam LANE_W = $clog2(TABLES);

    // What tiles are of, by bank.
    reg [11:0] tile_q [0:1];    // emit, kind, units
    reg        ends_q;          // what is said of tiles is taken up a cycle later
    reg        ready_q;
    reg        ending_bank_q;
    reg        first_q;         // the layer's first tile has not ended yet

    always @(posedge clk) begin
        ends_q <= tile_ends && !rst;
        ready_q <= tile_ready && !rst;
        if (ends_q) begin
            tile_q[ending_bank_q] <= {emit, kind, units};
            ending_bank_q <= !ending_bank_q;
        end
        if (layer_start)
            first_q <= !continues && kind != `KIND_OUTPUT;
        else if (ends_q)
            first_q <= 1'b0;
        if (rst)
            ending_bank_q <= 1'b0;
    end

    // Tiles waiting, and the one being drained.
    reg  [1:0] waiting_q;
    reg        arriving_bank_q;
    reg        bank_q;
    reg        draining_q;      // a tile has been begun and not released
    reg        sending_q;       // it is one of rows
    reg        begin_units, begin_rows, skip, units_done;
    wire       rows_done;
    wire       release_bank = units_done || rows_done || skip;

    always @(posedge clk) begin
        tile_release <= release_bank && !rst;
        if (release_bank) begin
            draining_q <= 1'b0;
            waiting_q[bank_q] <= 1'b0;
            bank_q <= !bank_q;
        end
        if (begin_units || begin_rows)
            draining_q <= 1'b1;
        if (begin_units || begin_rows || release_bank)
            sending_q <= begin_rows;
        if (ready_q) begin
            waiting_q[arriving_bank_q] <= 1'b1;
            arriving_bank_q <= !arriving_bank_q;
        end
        if (rst) begin
            draining_q <= 1'b0;
            sending_q <= 1'b0;
            waiting_q <= 2'd0;
            bank_q <= 1'b0;
            arriving_bank_q <= 1'b0;
        end
    end

    // Rounds: two cycles a turn. A pair enters per round; where none is under way, at once.
    reg        half_q;          // the second cycle of a turn
    reg  [11:0] at_q;           // the turn, as one bit
    reg  [3:0] age_q;           // there is a pair of this age, in rounds
    reg  [3:0] full_q;          // it has two units
    reg  [2:0] kind_q;          // the cell of the pairs under way
    reg  [7:0] units_left_q;    // of the tile, the entering pair included
    reg  [5:0] word_q;          // the pair's first psum word of a part
    reg        last_pair_q;     // settled since the round began
    reg  [7:0] gate_word_q;
    wire       round_ends_next, read_next, state_next, unit_ends;
    wire [1:0] bias_next;
    wire       none = age_q == 4'd0;
    reg        round_end;       // the cycle is the round's last
    wire       more_pairs = age_q[0] && !last_pair_q;
    reg        is_gru;          // what kind_q says
    reg        is_lstm;
    reg        is_tanh;
    reg        is_relu;
    wire       next_h;
    wire [1:0] next_gate;

    assign drain_turn = !half_q;
    // What the second half of a turn does is settled in the first: whether the round ends and with it the
    // tile, and which tile comes next, since its round follows at once.
    reg  [2:0] tile_kind;
    reg  [7:0] tile_units;
    reg        ending_q;        // the turn is the round's last,
    reg        reading_q;       // one that reads a row of the pair of age 0,
    reg  [1:0] biases_q;        // that takes a bias for that of age 0, of age 1,
    reg        states_q;        // a state for that of age 1
    reg        last_there_q;    // the pair of age 0 is the tile's last
    wire       ends = ending_q || none;
    wire       tile_done = ending_q && last_there_q;
    wire       front = bank_q ^ tile_done;
    reg  [1:0] units_wait_q;    // by bank: units that may begin, as far as the cell is concerned
    reg  [1:0] rows_wait_q;
    wire [11:0] tile = tile_q[front];
    wire       tile_emit = tile[11];
    wire       units_fit = ends && units_wait_q[front] && (!draining_q || tile_done);   // what waits may begin
    wire       rows_fit = rows_wait_q[front] && !draining_q && !tile_done;

    genvar b;
    generate
        for (b = 0; b < 2; b = b + 1) begin : g_bank
            wire [2:0] kind_there = tile_q[b][10:8];
            wire       is_output = kind_there == `KIND_OUTPUT;

            always @(posedge clk) begin
                units_wait_q[b] <= waiting_q[b] && !is_output && (none || kind_q == kind_there) && !rst;
                rows_wait_q[b] <= waiting_q[b] && is_output && !rst;
            end
        end
    endgenerate

    always @(posedge clk) begin
        if (!half_q) begin
            tile_kind <= tile[10:8];
            tile_units <= tile[7:0];
        end
        round_end <= !half_q && ends && !rst;
        begin_units <= !half_q && units_fit && !rst;
        units_done <= !half_q && tile_done && !rst;
        begin_rows <= !half_q && rows_fit && tile_emit && !rst;
        skip <= !half_q && rows_fit && !tile_emit && !rst;
    end

    always @(posedge clk) begin
        half_q <= !half_q && !rst;
        if (half_q) begin
            {ending_q, reading_q, biases_q[0], states_q} <= {4{!round_end}}
                & {round_ends_next, read_next, bias_next[0], state_next};
            biases_q[1] <= bias_next[1];
        end
        last_there_q <= age_q[0] && last_pair_q;
        if (half_q)
            at_q <= round_end || rst ? 12'd1 : {at_q[10:0], 1'b0};
        if (round_end) begin
            age_q <= {age_q[2:0], begin_units || more_pairs};
            full_q <= {full_q[2:0], begin_units ? tile_units != 8'd1 : units_left_q != 8'd3};
            units_left_q <= units_left_q - 8'd2;
            word_q <= word_q + {3'd0, is_lstm, is_gru, !is_lstm};
        end else if (half_q && unit_ends)
            age_q[3:2] <= {1'b0, age_q[2] && is_tanh};
        last_pair_q <= units_left_q[7:2] == 6'd0 && units_left_q[1:0] != 2'd3;
        gate_word_q <= {bank_q, next_h, word_q + {4'd0, next_gate}};
        if (begin_units) begin
            kind_q <= tile_kind;
            is_gru <= tile_kind == `KIND_GRU;
            is_lstm <= tile_kind == `KIND_LSTM;
            is_tanh <= tile_kind == `KIND_RNN_TANH;
            is_relu <= tile_kind == `KIND_RNN_RELU;
            units_left_q <= tile_units;
            word_q <= 6'd0;
        end
        if (rst) begin
            age_q <= 4'd0;
            ending_q <= 1'b0;
            reading_q <= 1'b0;
        end
    end

    // A unit that only completes its pair takes scales and biases, but no state and no h.
    wire [3:1] there = age_q[3:1] & (half_q ? full_q[3:1] : 3'h7);
    wire       read = reading_q && age_q[0];
    wire       bias_taken = (biases_q & age_q[1:0]) != 2'd0;
    wire       state_taken = states_q && there[1];
    wire       product_gate, product_kept, product_times16;
    wire       sum_bias, sum_pre, sum_zero, sum_more, squash_sigmoid, squash_tanh;
    wire       keep_gate, keep_tanh, use_tanh, write_state_soon, write_h_soon;

    gate_schedule u_schedule (
        .clk(clk),
        .is_gru(is_gru),
        .is_lstm(is_lstm),
        .is_tanh(is_tanh),
        .at(at_q),
        .there(there),
        .round_ends_next(round_ends_next),
        .unit_ends(unit_ends),
        .next_h(next_h),
        .next_gate(next_gate),
        .read_next(read_next),
        .bias_next(bias_next),
        .state_next(state_next),
        .product_gate(product_gate),
        .product_kept(product_kept),
        .product_times16(product_times16),
        .sum_bias(sum_bias),
        .sum_pre(sum_pre),
        .sum_zero(sum_zero),
        .sum_more(sum_more),
        .squash_sigmoid(squash_sigmoid),
        .squash_tanh(squash_tanh),
        .keep_gate(keep_gate),
        .keep_tanh(keep_tanh),
        .use_tanh(use_tanh),
        .write_state(write_state_soon),
        .write_h(write_h_soon)
    );

    gate_arithmetic u_arithmetic (
        .clk(clk),
        .is_gru(is_gru),
        .is_lstm(is_lstm),
        .is_tanh(is_tanh),
        .is_relu(is_relu),
        .product_gate(product_gate),
        .product_kept(product_kept),
        .product_times16(product_times16),
        .sum_bias(sum_bias),
        .sum_pre(sum_pre),
        .sum_zero(sum_zero),
        .sum_more(sum_more),
        .squash_sigmoid(squash_sigmoid),
        .squash_tanh(squash_tanh),
        .keep_gate(keep_gate),
        .keep_tanh(keep_tanh),
        .use_tanh(use_tanh),
        .psum_data(psum_data),
        .scale_data(scale_data),
        .bias_data(bias_data),
        .state_data(state_word_q),
        .state(state_write_data),
        .activation(activation_write_data)
    );

    // Places in the streams: each counts what it has given or taken.
    reg                    write_state_q;
    reg                    write_h_q;
    reg                    write_h_qq;      // for those that come a cycle later
    wire                   write_h = is_lstm || is_tanh ? write_h_q : write_h_qq;
    reg                    none_q;
    reg [SCALE_W-1:0]      scale_q;
    reg [BIAS_W-1:0]       bias_q;
    reg [STATE_W-1:0]      state_read_q;    // one ahead: state_word_q is the state to be taken
    reg [15:0]             state_word_q;
    reg                    started_q;
    reg                    state_moves_q;
    wire                   state_moves = state_taken || started_q;
    reg [STATE_W-1:0]      state_write_q;
    reg [ACTIVATION_W+LANE_W-1:0] h_q;      // word, lane

    always @(posedge clk) begin
        write_state_q <= write_state_soon && !rst;
        write_h_q <= write_h_soon && !rst;
        write_h_qq <= write_h_q && !rst;
        none_q <= none;
        if (read)
            scale_q <= scale_q + 1'b1;
        if (bias_taken)
            bias_q <= bias_q + 1'b1;
        started_q <= step_start;
        state_moves_q <= state_moves;
        if (state_moves)
            state_read_q <= state_read_q + 1'b1;
        if (state_moves_q)
            state_word_q <= state_read_data;
        if (write_state_q)
            state_write_q <= state_write_q + 1'b1;
        if (write_h)
            h_q <= h_q + 1'b1;
        activation_write <= write_h;
        activation_write_lanes <= {{TABLES-1{1'b0}}, write_h} << h_q[LANE_W-1:0];
        activation_write_address <= h_q[LANE_W +: ACTIVATION_W];
        if (ends_q && first_q)
            h_q <= {write_word, {LANE_W{1'b0}}};
        if (step_start) begin
            scale_q <= {SCALE_W{1'b0}};
            bias_q <= {BIAS_W{1'b0}};
            state_read_q <= {STATE_W{1'b0}};
            state_write_q <= {STATE_W{1'b0}};
        end
    end

    assign h_word = h_q[LANE_W +: ACTIVATION_W];
    assign scale_address = scale_q;
    assign bias_address = bias_q;
    assign state_read_address = state_read_q;
    assign state_write = write_state_q;
    assign state_write_address = state_write_q;

    // Output rows.
    wire [6:0] sender_word;
    wire       sender_idle;

    row_sender u_sender (
        .clk(clk),
        .rst(rst),
        .start(begin_rows),
        .rows(tile_units),
        .done(rows_done),
        .idle(sender_idle),
        .turn(drain_turn),
        .word(sender_word),
        .read_data(psum_data),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready)
    );

    assign psum_word = sending_q ? {bank_q, sender_word} : gate_word_q;
    assign idle = waiting_q == 2'd0 && !ready_q && none && none_q && sender_idle;

endmodule

`default_nettype wire
