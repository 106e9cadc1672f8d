// gate_arithmetic - the numbers of the gate pipeline: a product unit, a sum, a sigmoid/tanh table
//
//   sum <- bias + product, sum + product, or xn_q + product;   pre = sat16(sum)
//   h16' = 256 n_q + product;   h8' = sat127(round_half_away(h16' / 256))
//
// The schedule says in which cycle each action happens (gru_schedule.v). psum_data, scale_data,
// bias_data and state_data are taken in the cycle of the action that needs them; a product comes
// out 8 cycles after it went in, pre follows the sum by one cycle, and a squashed value follows pre
// by two.

`default_nettype none

module gate_arithmetic (
    input  wire               clk,
    input  wire               product_t,
    input  wire               product_z,
    input  wire               sum_bias,
    input  wire               sum_more,
    input  wire               sum_t,
    input  wire               squash_sigmoid,
    input  wire               load_r,
    input  wire               load_z,
    input  wire               load_hn,
    input  wire               load_xn,
    input  wire               load_n,
    input  wire               load_state,
    input  wire signed [23:0] psum_data,
    input  wire [12:0]        scale_data,   // s, m
    input  wire signed [15:0] bias_data,
    input  wire signed [15:0] state_data,
    output reg  signed [15:0] state,        // h16'
    output wire signed [7:0]  activation    // h8', one cycle after h16'
);

    // What waits for its turn.
    reg  [8:0]         r_q;
    reg  [8:0]         z_q;
    reg  signed [15:0] hn_q;
    reg  signed [15:0] xn_q;
    reg  [7:0]         n_q;     // sign, magnitude
    reg  signed [16:0] d_q;

    // The product unit: a row's sum and its scale, or a gate and what it opens for.
    // A gate of 256 goes in as 128 / 2^7.
    reg  signed [23:0] value;
    reg  [7:0]         factor;
    reg  [4:0]         shift;
    wire signed [17:0] product;

    always @* begin
        value = psum_data;
        factor = scale_data[7:0];
        shift = scale_data[12:8];
        if (product_t) begin
            value = {{8{hn_q[15]}}, hn_q};
            factor = {r_q[8] || r_q[7], r_q[6:0]};
            shift = {1'b0, !r_q[8], {3{r_q[8]}}};
        end
        if (product_z) begin
            value = {{7{d_q[16]}}, d_q};
            factor = {z_q[8] || z_q[7], z_q[6:0]};
            shift = {1'b0, !z_q[8], {3{z_q[8]}}};
        end
    end

    shift_add_product u_product (
        .clk(clk),
        .s_value(value),
        .s_factor(factor),
        .s_shift(shift),
        .s_limit(!product_z),
        .m_result(product)
    );

    // The sum of a gate's terms, and its saturation to -32767..32767.
    reg  signed [17:0] sum_q;
    reg  signed [17:0] term;
    reg  signed [15:0] pre_q;
    wire               fits = sum_q[17:15] == 3'b000 || sum_q[17:15] == 3'b111;
    wire               lowest = sum_q[15:0] == 16'h8000;

    always @* begin
        term = sum_q;
        if (sum_bias)
            term = {{2{bias_data[15]}}, bias_data};
        if (sum_t)
            term = {{2{xn_q[15]}}, xn_q};
    end

    always @(posedge clk) begin
        if (sum_bias || sum_more || sum_t)
            sum_q <= term + product;
        pre_q <= fits ? {sum_q[15:1], sum_q[0] || lowest} : {sum_q[17], {14{!sum_q[17]}}, 1'b1};
    end

    // The gates.
    wire [8:0] sigmoid;
    wire [6:0] tanh;
    wire       negative;

    sigmoid_tanh u_sigmoid_tanh (
        .clk(clk),
        .s_pre(pre_q),
        .s_sigmoid(squash_sigmoid),
        .m_sigmoid(sigmoid),
        .m_tanh(tanh),
        .m_negative(negative)
    );

    // h16 - 256 n and 256 n + product: n only meets the upper bits.
    wire [8:0] above_n = {state_data[15], state_data[15:8]} + ({2'd0, tanh} ^ {9{!negative}})
                         + {8'd0, !negative};
    wire [7:0] above_z = product[15:8] + ({1'b0, n_q[6:0]} ^ {8{n_q[7]}}) + {7'd0, n_q[7]};

    always @(posedge clk) begin
        if (load_r)
            r_q <= sigmoid;
        if (load_z)
            z_q <= sigmoid;
        if (load_hn)
            hn_q <= pre_q;
        if (load_xn)
            xn_q <= pre_q;
        if (load_n) begin
            n_q <= {negative, tanh};
            d_q <= {above_n, state_data[7:0]};
        end
        if (load_state)
            state <= {above_z, product[7:0]};
    end

    // (h + 128) >> 8, a half less for negative h: half away from zero; +-128 becomes +-127.
    wire [8:0] rounded;
    wire [7:0] unused_fraction;
    reg  [8:0] rounded_q;

    assign {rounded, unused_fraction} = {state[15], state} + 17'd127 + {16'd0, !state[15]};
    assign activation = rounded_q == 9'h080 ? 8'h7f
                      : rounded_q == 9'h180 ? 8'h81 : rounded_q[7:0];

    always @(posedge clk)
        rounded_q <= rounded;

endmodule

`default_nettype wire
