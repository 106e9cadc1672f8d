// shift_add_product - signed value times unsigned factor, rounded and limited, by adds and shifts
//
//   m_result = round_half_away(s_value * s_factor / 2^s_shift), in -32767..32767 if s_limit
//
// Without s_limit the result's magnitude must be below 2^17. One product per cycle, latency 8
// cycles, never stalls. The factor becomes five digits of base 4, four of -1, 0, 1, 2 and the last 0
// or 1: a digit's multiple of the value is one LUT a bit. Their sum is shifted as the signed number
// it is: the bits that drop out say how to round.

`default_nettype none

module shift_add_product (
    input  wire               clk,
    input  wire signed [23:0] s_value,
    input  wire [7:0]         s_factor,
    input  wire [4:0]         s_shift,
    input  wire               s_limit,
    output reg  signed [17:0] m_result
);

    // Stage 1: as it came. {limit, shift} travels beside the value.
    reg [23:0] value1_q;
    reg [7:0]  factor1_q;
    reg [5:0]  side1_q, side2_q, side3_q, side4_q, side5_q;

    always @(posedge clk) begin
        value1_q <= s_value;
        factor1_q <= s_factor;
        side1_q <= {s_limit, s_shift};
        side2_q <= side1_q;
        side3_q <= side2_q;
        side4_q <= side3_q;
        side5_q <= side4_q;
    end

    // Stage 2: the multiples. A digit of 3 is -1 and one more of the next.
    wire       more1 = factor1_q[1] && factor1_q[0];
    wire       more2 = factor1_q[3] && (factor1_q[2] || more1);
    wire       more3 = factor1_q[5] && (factor1_q[4] || more2);
    wire       more4 = factor1_q[7] && (factor1_q[6] || more3);
    wire [3:0] more = {more3, more2, more1, 1'b0};
    wire [7:0] digit;           // two bits each
    reg [99:0] multiple_q;      // 25 bits each: 0, value, 2 value, or -1 - value
    reg [23:0] value2_q;
    reg        more4_q;
    reg [3:0]  minus_q;         // to which one is missing

    genvar i;
    generate
        for (i = 0; i < 4; i = i + 1) begin : g_digit
            assign digit[2*i +: 2] = factor1_q[2*i +: 2] + {1'b0, more[i]};

            always @(posedge clk) begin
                case (digit[2*i +: 2])
                    2'd0: multiple_q[25*i +: 25] <= 25'd0;
                    2'd1: multiple_q[25*i +: 25] <= {value1_q[23], value1_q};
                    2'd2: multiple_q[25*i +: 25] <= {value1_q, 1'b0};
                    default: multiple_q[25*i +: 25] <= ~{value1_q[23], value1_q};
                endcase
                minus_q[i] <= digit[2*i +: 2] == 2'd3;
            end
        end
    endgenerate

    always @(posedge clk) begin
        value2_q <= value1_q;
        more4_q <= more4;
    end

    // Stages 3 to 5: two digits, four, all. The missing ones take places where nothing else is.
    reg [27:0] low_q, high_q;
    reg [31:0] four_q, product_q;
    reg [23:0] last3_q, last4_q;
    reg [1:0]  minus3_q;
    reg        minus4_q;

    always @(posedge clk) begin
        low_q <= {{3{multiple_q[24]}}, multiple_q[24:0]} + {multiple_q[49], multiple_q[49:25], 2'd0}
                 + {27'd0, minus_q[0]};
        high_q <= {{3{multiple_q[74]}}, multiple_q[74:50]} + {multiple_q[99], multiple_q[99:75], 2'd0}
                  + {27'd0, minus_q[2]};
        minus3_q <= {minus_q[3], minus_q[1]};
        last3_q <= value2_q & {24{more4_q}};
        four_q <= {{4{low_q[27]}}, low_q} + {high_q, 1'b0, minus3_q[0], 2'd0};
        minus4_q <= minus3_q[1];
        last4_q <= last3_q;
        product_q <= four_q + {last4_q, 1'b0, minus4_q, 6'd0};
    end

    // Stages 6 and 7: shift right by 0..7, then by 0, 8, 16 or 24, keeping one bit below the unit
    // and whether any bit below that was set.
    wire        sign = product_q[31];
    wire [32:0] shift1 = side5_q[0] ? {sign, product_q} : {product_q, 1'b0};
    wire [32:0] shift2 = side5_q[1] ? {{2{sign}}, shift1[32:2]} : shift1;
    wire [32:0] shift4 = side5_q[2] ? {{4{sign}}, shift2[32:4]} : shift2;
    reg  [32:0] fine_q;
    reg         below6_q, limit6_q;
    reg  [1:0]  shift6_q;
    reg  [18:0] coarse;
    reg         over, below;    // over: the limit or more, before rounding

    // 32767 and -32768 are 15 bits of the other sign: two of these and what lies between.
    wire        edge1 = fine_q[8:1] == {8{!fine_q[32]}};
    wire        edge9 = fine_q[15:9] == {7{!fine_q[32]}};
    wire        edge16 = fine_q[16] == !fine_q[32];
    wire        edge17 = fine_q[23:17] == {7{!fine_q[32]}};
    wire        edge24 = fine_q[31:24] == {8{!fine_q[32]}};

    always @*
        case (shift6_q)
            2'd0: begin
                coarse = fine_q[18:0];
                over = fine_q[32:16] != {17{fine_q[32]}} || (edge1 && edge9);
                below = below6_q;
            end
            2'd1: begin
                coarse = fine_q[26:8];
                over = fine_q[32:24] != {9{fine_q[32]}} || (edge9 && edge16 && edge17);
                below = below6_q || fine_q[7:0] != 8'd0;
            end
            2'd2: begin
                coarse = {{2{fine_q[32]}}, fine_q[32:16]};
                over = edge17 && edge24;
                below = below6_q || fine_q[15:0] != 16'd0;
            end
            default: begin
                coarse = {{10{fine_q[32]}}, fine_q[32:24]};
                over = 1'b0;
                below = below6_q || fine_q[23:0] != 24'd0;
            end
        endcase

    // Stage 8: limit, round. Of a negative number the part below the unit adds to it: half goes down.
    reg         negative7_q, over7_q, below7_q;
    reg  [18:0] coarse7_q;
    wire [17:0] number = over7_q ? {{3{negative7_q}}, {15{!negative7_q}}} : coarse7_q[18:1];
    wire        up = over7_q ? negative7_q : coarse7_q[0] && (!negative7_q || below7_q);

    always @(posedge clk) begin
        fine_q <= shift4;
        below6_q <= (side5_q[1] && shift1[1:0] != 2'd0) || (side5_q[2] && shift2[3:0] != 4'd0);
        {limit6_q, shift6_q} <= side5_q[5:3];
        negative7_q <= fine_q[32];
        coarse7_q <= coarse;
        over7_q <= over && limit6_q;
        below7_q <= below;
        m_result <= number + {17'd0, up};
    end

endmodule

`default_nettype wire
