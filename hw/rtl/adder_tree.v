// adder_tree - the sum of eight signed entries
//
//   m_sum + m_carry = sum over g of (s_entry[g] + s_negative[g])
//
// A complement in s_entry is marked by s_negative. Seven of the eight ones enter as carries of the
// seven adders; the eighth leaves as m_carry, for the adder that takes m_sum. One word per cycle,
// latency three cycles (each level is registered). 19 bits hold the sum of eight 16-bit entries.

`default_nettype none

module adder_tree (
    input  wire               clk,
    input  wire [127:0]       s_entry,
    input  wire [7:0]         s_negative,
    output reg  signed [18:0] m_sum,
    output reg                m_carry
);

    // Pairs, with four of the ones.
    reg [67:0] pair_q;
    reg [3:0]  pair_carry_q;

    genvar i;
    generate
        for (i = 0; i < 4; i = i + 1) begin : g_pair
            always @(posedge clk)
                pair_q[17*i +: 17] <= {s_entry[32*i + 15], s_entry[32*i +: 16]}
                                      + {s_entry[32*i + 31], s_entry[32*i + 16 +: 16]}
                                      + {16'd0, s_negative[i]};
        end
    endgenerate

    // Fours, with two more.
    reg [35:0] four_q;
    reg [1:0]  four_carry_q;

    generate
        for (i = 0; i < 2; i = i + 1) begin : g_four
            always @(posedge clk)
                four_q[18*i +: 18] <= {pair_q[34*i + 16], pair_q[34*i +: 17]}
                                      + {pair_q[34*i + 33], pair_q[34*i + 17 +: 17]}
                                      + {17'd0, pair_carry_q[i]};
        end
    endgenerate

    always @(posedge clk) begin
        pair_carry_q <= s_negative[7:4];
        four_carry_q <= pair_carry_q[3:2];
        m_carry <= four_carry_q[1];
        m_sum <= {four_q[17], four_q[17:0]} + {four_q[35], four_q[35:18]}
                 + {18'd0, four_carry_q[0]};
    end

endmodule

`default_nettype wire
