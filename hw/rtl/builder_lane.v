// builder_lane - the running sum T of one table builder
//
//   T <- 0 if clear, else T +- (x << k) if step      k = 0..6; k = 7 adds nothing
//
// x, k and subtract come one cycle before their step or clear; sum has changed in the cycle after
// it. One step per cycle. Wraps at 16 bits: the host chooses programs that stay below.

`default_nettype none

module builder_lane (
    input  wire        clk,
    input  wire        clear,
    input  wire        step,
    input  wire [7:0]  x,
    input  wire [2:0]  k,
    input  wire        subtract,
    output wire [15:0] sum
);

    reg [13:0] addend_q;    // (x << k), complemented if subtract
    reg        subtract_q;
    reg [15:0] sum_q;

    wire        none = k == 3'd7;
    wire [8:0]  shift1 = none ? 9'd0 : (k[0] ? {x, 1'b0} : {x[7], x});
    wire [10:0] shift2 = k[1] ? {shift1, 2'd0} : {{2{shift1[8]}}, shift1};
    wire [13:0] shift4 = k[2] ? {shift2[9:0], 4'd0} : {{3{shift2[10]}}, shift2};
    wire        negate = subtract && !none;

    assign sum = sum_q;

    always @(posedge clk) begin
        addend_q <= shift4 ^ {14{negate}};
        subtract_q <= negate;
        if (clear)
            sum_q <= 16'd0;
        else if (step)
            sum_q <= sum_q + {{2{addend_q[13]}}, addend_q} + {15'd0, subtract_q};
    end

endmodule

`default_nettype wire
