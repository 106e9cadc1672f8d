// gate_schedule - what the gate pipeline does in each cycle of a round, for the cell it runs
//
// Two units, a pair, enter per round. A round has 8 (GRU), 12 (LSTM) or 3 (vanilla) turns of two
// cycles, the first for the pair's first unit, the second for its second: what is said of a unit
// below is said of the second one cycle later. A unit's cycle c is in turn c / 2 of its age c / 2 /
// turns, in rounds. No two actions share a resource, so what nothing takes up may happen at any age.
//
//   GRU c    product in      out, sum              squashed            results
//     2,4    x_r h_r         10 b_r +, 12 +        14 in, 16 out: r
//     6      h_n             14 b_hn +             (pre at 16)
//     8,10   x_z h_z         16 b_z +, 18 +        20 in, 22: z kept
//     14     x_n             22 b_xn +             (pre at 24)
//     16     r h_n = t       24 pre + t            26 in, 28: n kept
//     28     z (h16 - 256n)  36 h16' = 256 n + .                       37 write h16', 38 h8'
//
//   LSTM c
//     6,8    x_i h_i         14 b_i +, 16 +        18 in, 20: i kept
//     10,12  x_g h_g         18 b_g +, 20 +        22 in, 24: g kept
//     14,16  x_f h_f         22 b_f +, 24 +        26 in, 28: f
//     20,22  x_o h_o         28 b_o +, 30 +        32 in, 34: o kept
//     26     i 16g           34 0 +
//     28     f c             36 + = c'             38 in, 40: tanh kept   39 write c'
//     42     o tanh(c')      50 h8'                                    50 write h8'
//
//   vanilla c
//     2,4    x h             10 b +, 12 +          14 in, 16: tanh kept   18 write h8'
//                                                  15 out: relu, sign  15 write h8'
//
// pre = sat16(sum) two cycles after the sum. What is called next is said of the turn after this one, if
// the round has one; bias_next of age 1 also of the first of a round, in the last of another. Everything
// else comes one cycle after its turn.

`default_nettype none

module gate_schedule (
    input  wire       clk,
    input  wire       is_gru,
    input  wire       is_lstm,       // neither: vanilla
    input  wire       is_tanh,       // of the vanilla cells
    input  wire [11:0] at,           // the turn, as one bit
    input  wire [3:1] there,         // there[a]: there is a pair that is a rounds old, whose unit of this cycle counts
    output wire       round_ends_next, // the next turn is the last
    output wire       unit_ends,     // the turn is the oldest pair's last
    output wire       next_h,        // the psum row to read in the next turn is of part H,
    output wire [1:0] next_gate,     // and of this gate, in the order of rows
    output wire       read_next,     // a row will be read in the next turn, and a word of scales
    output wire [1:0] bias_next,     // a bias will be taken in the next turn for the pair of age 0, of age 1,
    output wire       state_next,    // a state for that of age 1
    output reg        product_gate,  // the product unit takes what has just been squashed and
                                     // pre (GRU) or the state (LSTM),
    output reg        product_kept,  // or what is kept; else a row with its scale
    output reg        product_times16,
    output reg        sum_bias,      // sum <- bias + product,
    output reg        sum_pre,       // or pre + product,
    output reg        sum_zero,      // or product,
    output reg        sum_more,      // or the sum before the last + product
    output reg        squash_sigmoid,
    output reg        squash_tanh,   // in every other cycle of a cell that has one
    output reg        keep_gate,     // a sigmoid
    output reg        keep_tanh,
    output reg        use_tanh,      // the kept tanh is used, the next one's turn
    output reg        write_state,   // one cycle before it
    output reg        write_h        // GRU, relu, sign: one cycle before it
);

    assign round_ends_next = is_gru ? at[6] : is_lstm ? at[10] : at[1];
    assign unit_ends = is_gru ? at[2] : is_tanh ? at[0] : at[1];

    // Rows: GRU  x_r h_r h_n x_z h_z . x_n; LSTM  x_i h_i x_g h_g x_f h_f . x_o h_o.
    assign next_h = is_gru ? at[1] || at[2] || at[4]
                  : is_lstm ? at[3] || at[5] || at[7] || at[10] : at[1];
    assign next_gate = is_gru ? {at[2] || at[6], at[3] || at[4]}
                     : is_lstm ? {at[4] || at[5] || at[9] || at[10],
                                  at[6] || at[7] || at[9] || at[10]} : 2'd0;
    // Rows are read in every turn but GRU 0, 6; LSTM 0, 1, 2, 9; vanilla 0.
    assign read_next = is_gru ? !at[5] : !is_lstm || !(at[0] || at[1] || at[8]);
    assign bias_next = is_gru ? {at[7] || at[2], at[4] || at[6]}
                     : is_lstm ? {at[1], at[6] || at[8] || at[10]} : {at[1], 1'b0};
    assign state_next = is_gru ? at[5] : is_lstm && at[1];

    wire sigmoid_next = is_gru ? at[7] || at[2] : is_lstm && (at[9] || at[1] || at[4]);

    always @(posedge clk) begin
        product_gate <= is_gru ? at[0] : is_lstm && at[2];
        product_kept <= is_gru ? at[6] : is_lstm && (at[1] || at[9]);
        product_times16 <= at[1];

        sum_bias <= is_gru ? at[5] || at[7] || at[0] || at[3]
                  : is_lstm ? at[7] || at[9] || at[11] || at[2] : at[2];
        sum_pre <= is_gru && at[4];
        sum_zero <= is_lstm && at[5];
        sum_more <= is_gru ? at[6] || at[1]
                  : is_lstm ? at[8] || at[10] || at[0] || at[3] || at[6] : at[0];
        squash_sigmoid <= sigmoid_next;
        squash_tanh <= (is_gru || is_lstm || is_tanh) && !sigmoid_next;

        keep_gate <= is_gru ? at[3] : at[10] || at[5];
        keep_tanh <= is_gru ? at[6] : is_lstm ? at[0] || at[8] : at[2];
        use_tanh <= is_gru ? at[2] : is_lstm ? at[1] || at[9] : at[0];
        write_state <= is_gru ? there[2] && at[2] : is_lstm && there[1] && at[7];
        write_h <= unit_ends && (is_tanh ? there[3] : there[2]);
    end

endmodule

`default_nettype wire
