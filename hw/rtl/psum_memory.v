// psum_memory - partial sums: two banks of 256 rows of PSUM_W bits
//
//   psum[row] <- (s_first ? 0 : psum[row]) + s_sum + s_carry        row = {bank, row of the bank}
//
// Two rows share a memory word, so that one read and one write every other cycle keep up with one
// row a cycle; the drain port reads in the cycles between. s_sum and s_carry come one cycle after
// their s_valid, s_row, s_first. The rows of a run start at an even row, in a cycle with drain_turn
// low, and follow each other without a gap; drain_turn alternates. A run of an odd number of rows
// leaves the odd row of its last pair undefined. A row may come again 4 cycles later at the
// earliest, and its drain read too. After a cycle with drain_turn high drain_data is the even row of
// that cycle's drain_word, and in the cycle after that its odd row. Sums wrap at PSUM_W bits, more than SUM_W.

`default_nettype none

module psum_memory #(
    parameter SUM_W = 19,
    parameter PSUM_W = 24
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               s_valid,
    input  wire [8:0]         s_row,
    input  wire               s_first,
    input  wire signed [SUM_W-1:0] s_sum,
    input  wire               s_carry,
    input  wire               drain_turn,
    input  wire [7:0]         drain_word,
    output wire [PSUM_W-1:0]  drain_data
);

    wire [2*PSUM_W-1:0] pair;

    // Read: the even row's old sum comes from the memory, the odd row's a cycle later from high_q.
    reg        odd_q;
    reg        first_q;
    reg [PSUM_W-1:0] high_q;

    always @(posedge clk) begin
        odd_q <= s_row[0];
        first_q <= s_first;
        high_q <= pair[2*PSUM_W-1:PSUM_W];
    end

    assign drain_data = drain_turn ? high_q : pair[PSUM_W-1:0];

    // Add.
    wire [PSUM_W-1:0] old = first_q ? {PSUM_W{1'b0}} : (odd_q ? high_q : pair[PSUM_W-1:0]);
    reg  [PSUM_W-1:0] sum_q;
    reg  [PSUM_W-1:0] low_q;

    always @(posedge clk) begin
        sum_q <= old + {{PSUM_W-SUM_W{s_sum[SUM_W-1]}}, s_sum} + {{PSUM_W-1{1'b0}}, s_carry};
        low_q <= sum_q;
    end

    // Write the pair, three cycles after its even row came.
    reg [2:0] write_q;
    reg [7:0] pair_q;
    reg [7:0] pair_qq;
    reg [7:0] pair_qqq;

    always @(posedge clk) begin
        write_q <= rst ? 3'd0 : {write_q[1:0], s_valid && !s_row[0]};
        pair_q <= s_row[8:1];
        pair_qq <= pair_q;
        pair_qqq <= pair_qq;
    end

    lane_memory #(
        .LANES(1),
        .LANE_W(2 * PSUM_W),
        .WORDS(256),
        .ADDRESS_W(8)
    ) u_pairs (
        .clk(clk),
        .write_lanes(write_q[2]),
        .write_address(pair_qqq),
        .write_data({sum_q, low_q}),
        .read_address(drain_turn ? drain_word : s_row[8:1]),
        .read_data(pair)
    );

endmodule

`default_nettype wire
