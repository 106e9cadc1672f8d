// sigmoid_tanh - both functions of a Q4.11 pre-activation, from one table
//
//   tanh:     index = min(511, (|pre| + 8) >> 4);   +-m_tanh / 128, m_tanh = rom[index]
//   sigmoid:  index = min(511, (|pre| + 16) >> 5);  m_sigmoid / 256 = (128 +- t) / 256,
//             t = rom[index], 127 read as 128
//
// The sign is that of pre, m_negative. s_sigmoid chooses the index and says which output counts.
// One per cycle, latency two cycles. pre is in -32767..32767.

`default_nettype none

module sigmoid_tanh (
    input  wire               clk,
    input  wire signed [15:0] s_pre,
    input  wire               s_sigmoid,
    output wire [8:0]         m_sigmoid,
    output wire [6:0]         m_tanh,
    output wire               m_negative
);

    // |pre| + half a step, in one adder: -pre = ~pre + 1.
    wire        negative = s_pre[15];
    wire [11:0] biased;
    wire [3:0]  unused_fraction;
    assign {biased, unused_fraction} =
        (s_pre ^ {16{negative}}) + {11'd0, s_sigmoid, !s_sigmoid, 2'd0, negative};

    wire        beyond = biased[11:10] != 2'd0 || (biased[9] && !s_sigmoid);
    wire [8:0]  index = s_sigmoid ? biased[9:1] : biased[8:0];

    reg [8:0] index_q;
    reg       negative_q;
    reg       negative_qq;

    always @(posedge clk) begin
        index_q <= index | {9{beyond}};
        negative_q <= negative;
        negative_qq <= negative_q;
    end

    tanh_rom u_rom (
        .clk(clk),
        .index(index_q),
        .value(m_tanh)
    );

    wire [7:0] t = m_tanh == 7'd127 ? 8'd128 : {1'b0, m_tanh};

    assign m_negative = negative_qq;
    assign m_sigmoid = 9'd128 + ({1'b0, t} ^ {9{negative_qq}}) + {8'd0, negative_qq};

endmodule

`default_nettype wire
