// gate_arithmetic - the numbers of the gate pipeline: a product unit, two sums, a sigmoid/tanh table
//
//   sum <- bias + product, pre + product, product, or the sum before the last + product
//   pre = sat16(sum);   kept gate, kept tanh: queues of two
//   GRU:  state = 256 tanh + product;   h8 = sat127(round_half_away(state / 256))
//   LSTM: state = pre;                  h8 = product
//   vanilla: h8 = tanh; min(127, round_half_away(max(pre, 0) / 64)); 64 or -64 by pre's sign
//
// The schedule says in which cycle each action happens (gate_schedule.v). psum_data, scale_data,
// bias_data and state_data are taken in the cycle of the action that needs them; a product comes
// out 8 cycles after it went in, pre follows the sum by one cycle, a squashed value follows pre by
// two. state shows one cycle after its product or pre; activation two cycles after what it is of,
// which for relu and sign is one cycle after pre.

`default_nettype none

module gate_arithmetic (
    input  wire               clk,
    input  wire               is_gru,
    input  wire               is_lstm,
    input  wire               is_tanh,
    input  wire               is_relu,
    input  wire               product_gate,
    input  wire               product_kept,
    input  wire               product_times16,
    input  wire               sum_bias,
    input  wire               sum_pre,
    input  wire               sum_zero,
    input  wire               sum_more,
    input  wire               squash_sigmoid,
    input  wire               squash_tanh,
    input  wire               keep_gate,
    input  wire               keep_tanh,
    input  wire               use_tanh,
    input  wire signed [23:0] psum_data,
    input  wire [11:0]        scale_data,   // s, m - 128
    input  wire signed [15:0] bias_data,
    input  wire signed [15:0] state_data,
    output reg  signed [15:0] state,
    output reg  signed [7:0]  activation
);

    reg  signed [15:0] pre_q;
    reg  [14:0]        bits_q;  // of pre, complemented if negative
    wire [8:0]         sigmoid;
    wire [6:0]         tanh;
    wire               negative;

    // What is kept until its turn: the older of two in front.
    reg  [8:0]         gate_q, gate_front_q;
    reg  [7:0]         tanh_q;                  // sign, magnitude
    reg  [7:0]         kept;                    // two's complement

    always @(posedge clk) begin
        if (keep_gate)
            gate_q <= sigmoid;
        if (keep_gate || product_kept)
            gate_front_q <= gate_q;
        if (keep_tanh)
            tanh_q <= {negative, tanh};
        if (keep_tanh || use_tanh)
            kept <= ({1'b0, tanh_q[6:0]} ^ {8{tanh_q[7]}}) + {7'd0, tanh_q[7]};
    end

    // h16 - 256 n: n only meets the upper bits. a - b = ~(~a + b), which leaves the late tanh alone.
    wire [8:0] above_n = (({state_data[15], state_data[15:8]} ^ {9{!negative}}) + {2'd0, tanh})
                         ^ {9{!negative}};

    // The product unit: a row's sum and its scale, or a gate and what it opens for.
    // A gate of 256 goes in as 128 / 2^7.
    wire [8:0]         gate = product_gate ? sigmoid : gate_front_q;
    reg  signed [23:0] value;
    reg  [7:0]         factor;
    reg  [4:0]         shift;
    wire signed [17:0] product;

    always @* begin
        value = psum_data;
        factor = {1'b1, scale_data[6:0]};
        shift = scale_data[11:7];
        if (product_gate || product_kept) begin
            value = is_gru ? {{8{pre_q[15]}}, pre_q} : {{8{state_data[15]}}, state_data};
            factor = {gate[8] || gate[7], gate[6:0]};
            shift = {1'b0, !gate[8], {3{gate[8]}}};
        end
        if (product_kept)
            value = is_gru ? {{7{above_n[8]}}, above_n, state_data[7:0]}
                  : product_times16 ? {{12{kept[7]}}, kept, 4'd0} : {{16{kept[7]}}, kept};
    end

    shift_add_product u_product (
        .clk(clk),
        .s_value(value),
        .s_factor(factor),
        .s_shift(shift),
        .s_limit(!product_kept),
        .m_result(product)
    );

    // The sums of a pair's terms, and their saturation to -32767..32767.
    reg  signed [17:0] sum_q;
    reg  signed [17:0] sum_before_q;
    reg  signed [17:0] term;
    wire               fits = sum_q[17:15] == 3'b000 || sum_q[17:15] == 3'b111;
    wire               lowest = sum_q[15:0] == 16'h8000;

    always @* begin
        term = sum_zero ? 18'd0 : sum_before_q;
        if (sum_bias)
            term = {{2{bias_data[15]}}, bias_data};
        if (sum_pre)
            term = {{2{pre_q[15]}}, pre_q};
    end

    always @(posedge clk) begin
        if (sum_bias || sum_pre || sum_zero || sum_more) begin
            sum_q <= term + product;
            sum_before_q <= sum_q;
        end
        pre_q <= fits ? {sum_q[15:1], sum_q[0] || lowest} : {sum_q[17], {14{!sum_q[17]}}, 1'b1};
        bits_q <= fits ? {sum_q[14:1], sum_q[0] || lowest} ^ {15{sum_q[17]}} : {{14{1'b1}}, !sum_q[17]};
    end

    // The gates.
    wire [6:0] relu;
    wire       relu_negative;

    sigmoid_tanh u_sigmoid_tanh (
        .clk(clk),
        .s_bits(bits_q),
        .s_negative(pre_q[15]),
        .s_sigmoid(squash_sigmoid),
        .s_tanh(squash_tanh),
        .s_relu(is_relu),
        .m_sigmoid(sigmoid),
        .m_tanh(tanh),
        .m_negative(negative),
        .m_relu(relu),
        .m_relu_negative(relu_negative)
    );

    // The new state; and (state + 128) >> 8, a half less if negative: half away from zero.
    wire [7:0] above_z = product[15:8] + kept;
    wire [8:0] rounded;
    wire [7:0] unused_fraction;
    reg  [8:0] activation_q;

    assign {rounded, unused_fraction} = {state[15], state} + 17'd127 + {16'd0, !state[15]};

    always @(posedge clk) begin
        state <= is_gru ? {above_z, product[7:0]} : pre_q;
        activation <= activation_q == 9'h080 ? 8'h7f
                    : activation_q == 9'h180 ? 8'h81 : activation_q[7:0];
        activation_q <= is_gru ? rounded
                      : is_lstm ? product[8:0]
                      : is_tanh ? {kept[7], kept}
                      : is_relu ? {2'd0, relu & {7{!relu_negative}}}
                      : {relu_negative, relu_negative, 7'd64};
    end

endmodule

`default_nettype wire
