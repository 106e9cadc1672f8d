// builder_lane - the running sum T of one table builder
//
//   T <- 0 if clear, else T +- (x << k) if step      k = 0..6; k = 7 adds nothing
//
// x, k and subtract come one cycle before their step or clear; sum has changed in the cycle after
// it. One step per cycle. Wraps at SUM_W bits, 16 at most: the host chooses programs that stay below.

`default_nettype none

module builder_lane #(
    parameter SUM_W = 16
) (
    input  wire             clk,
    input  wire             clear,
    input  wire             step,
    input  wire [7:0]       x,
    input  wire [2:0]       k,
    input  wire             subtract,
    output wire [SUM_W-1:0] sum
);

    reg [13:0]      addend_q;   // (x << k), complemented if subtract
    reg             subtract_q;
    reg [SUM_W-1:0] sum_q;

    wire        none = k == 3'd7;
    wire [8:0]  shift1 = none ? 9'd0 : (k[0] ? {x, 1'b0} : {x[7], x});
    wire [10:0] shift2 = k[1] ? {shift1, 2'd0} : {{2{shift1[8]}}, shift1};
    wire [13:0] shift4 = k[2] ? {shift2[9:0], 4'd0} : {{3{shift2[10]}}, shift2};
    wire        negate = subtract && !none;
    wire [15:0] addend = {{2{addend_q[13]}}, addend_q};

    assign sum = sum_q;

    always @(posedge clk) begin
        addend_q <= shift4 ^ {14{negate}};
        subtract_q <= negate;
        if (clear)
            sum_q <= {SUM_W{1'b0}};
        else if (step)
            sum_q <= sum_q + addend[SUM_W-1:0] + {{SUM_W-1{1'b0}}, subtract_q};
    end

    wire unused = &{1'b0, addend};

endmodule

`default_nettype wire
