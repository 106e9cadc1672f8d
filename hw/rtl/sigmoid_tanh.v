// sigmoid_tanh - the functions of a Q4.11 pre-activation, two of them from one table
//
//   tanh:     index = min(511, (|pre| + 8) >> 4);   +-m_tanh / 128, m_tanh = rom[index]
//   sigmoid:  index = min(511, (|pre| + 16) >> 5);  m_sigmoid / 256 = (128 +- t) / 256,
//             t = rom[index], 127 read as 128
//   relu:     m_relu = min(127, (|pre| + 32) >> 6), to be taken as 0 if m_relu_negative
//
// The sign is that of pre, m_negative. One at most of s_sigmoid, s_tanh and s_relu (constant) chooses the
// index and says which output counts. One per cycle, latency two cycles, that of m_relu and
// m_relu_negative one. pre is in -32767..32767; it comes as its sign and s_bits = pre, complemented
// if negative: |pre| = s_bits + s_negative.

`default_nettype none

module sigmoid_tanh (
    input  wire               clk,
    input  wire [14:0]        s_bits,
    input  wire               s_negative,
    input  wire               s_sigmoid,
    input  wire               s_tanh,
    input  wire               s_relu,
    output wire [8:0]         m_sigmoid,
    output wire [6:0]         m_tanh,
    output wire               m_negative,
    output wire [6:0]         m_relu,
    output wire               m_relu_negative
);

    // |pre| + half a step, in one adder.
    wire [11:0] biased;
    wire [3:0]  unused_fraction;
    assign {biased, unused_fraction} =
        {1'b0, s_bits} + {10'd0, s_relu, s_sigmoid, s_tanh, 2'd0, s_negative};

    wire        beyond = s_relu ? biased[11:9] != 3'd0
                       : biased[11:10] != 2'd0 || (biased[9] && !s_sigmoid);
    wire [8:0]  index = s_relu ? {2'd0, biased[8:2]} : s_sigmoid ? biased[9:1] : biased[8:0];

    reg [8:0] index_q;
    reg       beyond_q;
    reg       negative_q;
    reg       negative_qq;

    always @(posedge clk) begin
        index_q <= index;
        beyond_q <= beyond;
        negative_q <= s_negative;
        negative_qq <= negative_q;
    end

    wire top;

    tanh_rom u_rom (
        .clk(clk),
        .index(index_q | {9{beyond_q}}),
        .value({top, m_tanh})
    );

    assign m_negative = negative_qq;
    // t = m_tanh + top; 128 - t = ~(~128 + t).
    assign m_sigmoid = ((9'd128 ^ {9{negative_qq}}) + {2'd0, m_tanh} + {8'd0, top}) ^ {9{negative_qq}};
    assign m_relu = index_q[6:0] | {7{beyond_q}};
    assign m_relu_negative = negative_q;

endmodule

`default_nettype wire
