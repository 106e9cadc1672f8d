// shift_add_product - signed value times unsigned factor, rounded and limited, by conditional adds and shifts
//
//   m_result = round_half_away(s_value * s_factor / 2^s_shift);  saturated to -32767..32767 if s_limit
//
// Without s_limit the result's magnitude must be below 2^17. One product per cycle, latency 7 cycles, never stalls.
// The magnitude is |v| * f = (v ^ sign) * f + sign * f, three factor bits per stage; rounding adds the last bit shifted out.

`default_nettype none

module shift_add_product (
    input  wire               clk,
    input  wire signed [23:0] s_value,
    input  wire [8:0]         s_factor,
    input  wire [4:0]         s_shift,
    input  wire               s_limit,
    output reg  signed [17:0] m_result
);

    // What travels beside the magnitude: {limit, shift, negative}.
    reg [6:0] side1_q, side2_q, side3_q, side4_q;

    // Stage 1: complement, so that only magnitudes are multiplied.
    reg [23:0] value1_q;
    reg [8:0]  factor1_q;

    always @(posedge clk) begin
        value1_q <= s_value ^ {24{s_value[23]}};
        factor1_q <= s_factor;
        side1_q <= {s_limit, s_shift, s_value[23]};
        side2_q <= side1_q;
        side3_q <= side2_q;
        side4_q <= side3_q;
    end

    // Stages 2 to 4: three factor bits each. sum1 holds bits above those already final.
    reg  [23:0] value2_q, value3_q;
    reg  [5:0]  factor2_q;
    reg  [2:0]  factor3_q;
    wire [26:0] sum1, sum2, sum3;
    reg  [26:0] sum1_q;
    reg  [29:0] sum2_q;
    reg  [32:0] sum3_q;

    product_stage u_stage1 (
        .value(value1_q),
        .factor(factor1_q[2:0]),
        .start(side1_q[0] ? {15'd0, factor1_q} : 24'd0),
        .sum(sum1)
    );
    product_stage u_stage2 (
        .value(value2_q),
        .factor(factor2_q[2:0]),
        .start(sum1_q[26:3]),
        .sum(sum2)
    );
    product_stage u_stage3 (
        .value(value3_q),
        .factor(factor3_q),
        .start(sum2_q[29:6]),
        .sum(sum3)
    );

    always @(posedge clk) begin
        value2_q <= value1_q;
        value3_q <= value2_q;
        factor2_q <= factor1_q[8:3];
        factor3_q <= factor2_q[5:3];
        sum1_q <= sum1;
        sum2_q <= {sum2, sum1_q[2:0]};
        sum3_q <= {sum3, sum2_q[5:0]};
    end

    // Stages 5 and 6: shift right by 0..7, then by 0, 8, 16 or 24, keeping one bit below the unit.
    wire [33:0] shift1 = side4_q[1] ? {1'b0, sum3_q} : {sum3_q, 1'b0};
    wire [33:0] shift2 = side4_q[2] ? {2'd0, shift1[33:2]} : shift1;
    wire [33:0] shift4 = side4_q[3] ? {4'd0, shift2[33:4]} : shift2;
    reg  [33:0] fine_q;
    reg         negative5_q, limit5_q;
    reg  [1:0]  coarse5_q;
    reg  [17:0] coarse;
    reg         over;

    always @*
        case (coarse5_q)
            2'd0: begin
                coarse = fine_q[17:0];
                over = fine_q[33:16] != 18'd0;
            end
            2'd1: begin
                coarse = fine_q[25:8];
                over = fine_q[33:24] != 10'd0;
            end
            2'd2: begin
                coarse = fine_q[33:16];
                over = fine_q[33:32] != 2'd0;
            end
            default: begin
                coarse = {8'd0, fine_q[33:24]};
                over = 1'b0;
            end
        endcase

    // Stage 7: limit, round, sign. -(q + round) = ~q + !round.
    reg         negative6_q, limit6_q, over6_q;
    reg  [17:0] coarse6_q;
    wire [16:0] magnitude = over6_q ? 17'd32767 : coarse6_q[17:1];
    wire        full = over6_q || (limit6_q && coarse6_q[15:1] == 15'h7fff);
    wire        round = coarse6_q[0] && !full;

    always @(posedge clk) begin
        fine_q <= shift4;
        {limit5_q, coarse5_q, negative5_q} <= {side4_q[6:4], side4_q[0]};
        {limit6_q, negative6_q} <= {limit5_q, negative5_q};
        coarse6_q <= coarse;
        over6_q <= over && limit5_q;
        m_result <= ({1'b0, magnitude} ^ {18{negative6_q}}) + {17'd0, negative6_q ^ round};
    end

endmodule

`default_nettype wire
