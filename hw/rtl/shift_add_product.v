// shift_add_product - signed value times unsigned factor, rounded and limited, by adds and shifts
//
//   m_result = round_half_away(s_value * s_factor / 2^s_shift), in -32767..32767 if s_limit
//
// Without s_limit the result's magnitude must be below 2^17. One product per cycle, latency 8
// cycles, never stalls. Magnitudes are multiplied: eight gated copies of the value are added in a
// tree of three levels. Rounding adds the last bit that the shift drops; the sign comes back at the
// end.

`default_nettype none

module shift_add_product (
    input  wire               clk,
    input  wire signed [23:0] s_value,
    input  wire [7:0]         s_factor,
    input  wire [4:0]         s_shift,
    input  wire               s_limit,
    output reg  signed [17:0] m_result
);

    // Stages 1 and 2: the value as it came, then its magnitude (2^23 fits).
    reg        negative1_q;
    reg [23:0] value1_q, value2_q;
    reg [7:0]  factor1_q, factor2_q;

    // {limit, shift, negative} travels beside the magnitude.
    reg [5:0]  side1_q;
    reg [6:0]  side2_q, side3_q, side4_q, side5_q;

    always @(posedge clk) begin
        value1_q <= s_value;
        negative1_q <= s_value[23];
        factor1_q <= s_factor;
        side1_q <= {s_limit, s_shift};
        value2_q <= (value1_q ^ {24{negative1_q}}) + {23'd0, negative1_q};
        factor2_q <= factor1_q;
        side2_q <= {side1_q, negative1_q};
        side3_q <= side2_q;
        side4_q <= side3_q;
        side5_q <= side4_q;
    end

    // Stages 3 to 5: two factor bits, four, all.
    reg [103:0] two_q;
    reg [55:0]  four_q;
    reg [31:0]  product_q;

    genvar i;
    generate
        for (i = 0; i < 4; i = i + 1) begin : g_two
            always @(posedge clk)
                two_q[26*i +: 26] <= {2'd0, value2_q & {24{factor2_q[2*i]}}}
                                     + {1'b0, value2_q & {24{factor2_q[2*i + 1]}}, 1'b0};
        end
        for (i = 0; i < 2; i = i + 1) begin : g_four
            always @(posedge clk)
                four_q[28*i +: 28] <= {2'd0, two_q[52*i +: 26]} + {two_q[52*i + 26 +: 26], 2'd0};
        end
    endgenerate

    always @(posedge clk)
        product_q <= {4'd0, four_q[27:0]} + {four_q[55:28], 4'd0};

    // Stages 6 and 7: shift right by 0..7, then by 0, 8, 16 or 24, keeping one bit below the unit.
    wire [32:0] shift1 = side5_q[1] ? {1'b0, product_q} : {product_q, 1'b0};
    wire [32:0] shift2 = side5_q[2] ? {2'd0, shift1[32:2]} : shift1;
    wire [32:0] shift4 = side5_q[3] ? {4'd0, shift2[32:4]} : shift2;
    reg  [32:0] fine_q;
    reg         negative6_q, limit6_q;
    reg  [1:0]  shift6_q;
    reg  [17:0] coarse;
    reg         over;

    always @*
        case (shift6_q)
            2'd0: begin
                coarse = fine_q[17:0];
                over = fine_q[32:16] != 17'd0;
            end
            2'd1: begin
                coarse = fine_q[25:8];
                over = fine_q[32:24] != 9'd0;
            end
            2'd2: begin
                coarse = {1'b0, fine_q[32:16]};
                over = fine_q[32];
            end
            default: begin
                coarse = {9'd0, fine_q[32:24]};
                over = 1'b0;
            end
        endcase

    // Stage 8: limit, round, sign. -(q + round) = ~q + !round.
    reg         negative7_q, limit7_q, over7_q;
    reg  [17:0] coarse7_q;
    wire [16:0] magnitude = over7_q ? 17'd32767 : coarse7_q[17:1];
    wire        full = over7_q || (limit7_q && coarse7_q[15:1] == 15'h7fff);
    wire        round = coarse7_q[0] && !full;

    always @(posedge clk) begin
        fine_q <= shift4;
        {limit6_q, shift6_q, negative6_q} <= {side5_q[6:4], side5_q[0]};
        {limit7_q, negative7_q} <= {limit6_q, negative6_q};
        coarse7_q <= coarse;
        over7_q <= over && limit6_q;
        m_result <= ({1'b0, magnitude} ^ {18{negative7_q}}) + {17'd0, negative7_q ^ round};
    end

endmodule

`default_nettype wire
