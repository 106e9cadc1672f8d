// gate_pipeline - drains the psum banks of finished tiles: GRU units to new h, or rows to a stream
//
// tile_ready announces (one cycle) that the next bank holds a tile: the banks alternate, the first
// after rst is bank 0. tile_last says that it is the layer's last tile. tile_release is high for
// one cycle when a bank has been read. idle: everything announced has been drained, written and
// sent. What belongs to the layer (is_gru, units, rows, write_word) must not change until idle.
//
// GRU: one unit per 12 cycles, see gru_schedule.v. Scales, biases and states are taken in order
// from step_start on; h8 is written in order from lane 0 of activation word write_word on, which
// layer_start takes. Output layer: the rows go to m_*, or nowhere unless emit. psum_row is read in
// cycles with drain_turn high, which alternates; memories answer in the next cycle.

`default_nettype none

module gate_pipeline #(
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
    input  wire                    is_gru,
    input  wire [7:0]              units_full,
    input  wire [7:0]              units_last,
    input  wire [7:0]              rows_full,
    input  wire [7:0]              rows_last,
    input  wire [ACTIVATION_W-1:0] write_word,
    input  wire                    tile_ready,
    input  wire                    tile_last,
    output reg                     tile_release,
    output wire                    idle,
    output wire                    drain_turn,
    output wire [8:0]              psum_row,
    input  wire [23:0]             psum_data,
    output wire [SCALE_W-1:0]      scale_address,
    input  wire [12:0]             scale_data,
    output wire [BIAS_W-1:0]       bias_address,
    input  wire [15:0]             bias_data,
    output wire [STATE_W-1:0]      state_read_address,
    input  wire [15:0]             state_read_data,
    output wire                    state_write,
    output wire [STATE_W-1:0]      state_write_address,
    output wire [15:0]             state_write_data,
    output reg  [7:0]              activation_write_lanes,
    output reg  [ACTIVATION_W-1:0] activation_write_address,
    output wire [7:0]              activation_write_data,
    output wire [7:0]              m_data,
    output wire                    m_valid,
    input  wire                    m_ready
);

    // Phases of a round. Psum rows are asked for in odd phases and read one cycle later.
    reg  [3:0] phase_q;
    wire       round_end = phase_q == 4'd11;

    assign drain_turn = !phase_q[0];

    always @(posedge clk)
        phase_q <= rst || round_end ? 4'd0 : phase_q + 4'd1;

    // Tiles waiting, and the one being drained.
    reg  [1:0] waiting_q;
    reg  [1:0] last_q;
    reg        arriving_bank_q;
    reg        bank_q;
    reg        draining_q;      // a tile has been begun and not released
    wire       begin_gru = waiting_q[bank_q] && !draining_q && is_gru && round_end;
    wire       begin_rows = waiting_q[bank_q] && !draining_q && !is_gru && emit;
    wire       skip = waiting_q[bank_q] && !draining_q && !is_gru && !emit;
    wire       units_done;
    wire       rows_done;

    wire       release_bank = units_done || rows_done || skip;

    always @(posedge clk) begin
        tile_release <= release_bank && !rst;
        if (begin_gru || begin_rows)
            draining_q <= 1'b1;
        if (release_bank) begin
            draining_q <= 1'b0;
            waiting_q[bank_q] <= 1'b0;
            bank_q <= !bank_q;
        end
        if (tile_ready) begin
            waiting_q[arriving_bank_q] <= 1'b1;
            last_q[arriving_bank_q] <= tile_last;
            arriving_bank_q <= !arriving_bank_q;
        end
        if (rst) begin
            draining_q <= 1'b0;
            waiting_q <= 2'd0;
            bank_q <= 1'b0;
            arriving_bank_q <= 1'b0;
        end
    end

    // GRU units: one enters per round.
    reg  [3:0] age_q;
    reg  [7:0] units_left_q;
    reg  [6:0] unit_row_q;      // the unit's first row of a part
    reg  [8:0] gate_row_q;
    reg        last_unit_q;     // units_left_q is 1, which it has been since the round began
    wire       more_units = age_q[0] && !last_unit_q;

    assign units_done = age_q[0] && !more_units && round_end;

    always @(posedge clk) begin
        if (round_end) begin
            age_q <= {age_q[2:0], begin_gru || more_units};
            units_left_q <= units_left_q - 8'd1;
            unit_row_q <= unit_row_q + 7'd3;
        end
        last_unit_q <= units_left_q == 8'd1;
        gate_row_q <= {bank_q, read_h, unit_row_q + {5'd0, read_gate}};
        if (begin_gru) begin
            units_left_q <= last_q[bank_q] ? units_last : units_full;
            unit_row_q <= 7'd0;
        end
        if (rst)
            age_q <= 4'd0;
    end

    wire       read_h, read, product_t, product_z, bias_taken, sum_bias, sum_more, sum_t;
    wire       squash_sigmoid;
    wire       load_r, load_z, load_hn, load_xn, load_n, state_taken, load_state, write_state;
    wire [1:0] read_gate;

    gru_schedule u_schedule (
        .clk(clk),
        .phase(phase_q),
        .age(age_q),
        .read(read),
        .read_h(read_h),
        .read_gate(read_gate),
        .product_t(product_t),
        .product_z(product_z),
        .bias_taken(bias_taken),
        .sum_bias(sum_bias),
        .sum_more(sum_more),
        .sum_t(sum_t),
        .squash_sigmoid(squash_sigmoid),
        .load_r(load_r),
        .load_z(load_z),
        .load_hn(load_hn),
        .load_xn(load_xn),
        .load_n(load_n),
        .state_taken(state_taken),
        .load_state(load_state),
        .write_state(write_state)
    );

    gate_arithmetic u_arithmetic (
        .clk(clk),
        .product_t(product_t),
        .product_z(product_z),
        .sum_bias(sum_bias),
        .sum_more(sum_more),
        .sum_t(sum_t),
        .squash_sigmoid(squash_sigmoid),
        .load_r(load_r),
        .load_z(load_z),
        .load_hn(load_hn),
        .load_xn(load_xn),
        .load_n(load_n),
        .load_state(load_state),
        .psum_data(psum_data),
        .scale_data(scale_data),
        .bias_data(bias_data),
        .state_data(state_read_data),
        .state(state_write_data),
        .activation(activation_write_data)
    );

    // Places in the streams: each counts what it has given or taken.
    reg [SCALE_W-1:0]      scale_q;
    reg [BIAS_W-1:0]       bias_q;
    reg [STATE_W-1:0]      state_read_q;
    reg [STATE_W-1:0]      state_write_q;
    reg [ACTIVATION_W+2:0] h_q;     // word, lane

    always @(posedge clk) begin
        if (read)
            scale_q <= scale_q + 1'b1;
        if (bias_taken)
            bias_q <= bias_q + 1'b1;
        if (state_taken)
            state_read_q <= state_read_q + 1'b1;
        if (write_state) begin
            state_write_q <= state_write_q + 1'b1;
            h_q <= h_q + 1'b1;
        end
        activation_write_lanes <= {7'd0, write_state} << h_q[2:0];
        activation_write_address <= h_q[ACTIVATION_W+2:3];
        if (layer_start)
            h_q <= {write_word, 3'd0};
        if (step_start) begin
            scale_q <= {SCALE_W{1'b0}};
            bias_q <= {BIAS_W{1'b0}};
            state_read_q <= {STATE_W{1'b0}};
            state_write_q <= {STATE_W{1'b0}};
        end
    end

    assign scale_address = scale_q;
    assign bias_address = bias_q;
    assign state_read_address = state_read_q;
    assign state_write = write_state;
    assign state_write_address = state_write_q;

    // Output rows.
    wire [7:0] sender_row;
    wire       sender_idle;

    row_sender u_sender (
        .clk(clk),
        .rst(rst),
        .start(begin_rows),
        .rows(last_q[bank_q] ? rows_last : rows_full),
        .done(rows_done),
        .idle(sender_idle),
        .turn(drain_turn),
        .row(sender_row),
        .read_data(psum_data),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready)
    );

    assign psum_row = is_gru ? gate_row_q : {bank_q, sender_row};
    assign idle = waiting_q == 2'd0 && age_q == 4'd0 && sender_idle;

endmodule

`default_nettype wire
