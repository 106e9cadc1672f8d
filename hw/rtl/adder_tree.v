// adder_tree - the sum of TABLES signed entries
//
//   m_sum + m_carry = sum over g of (s_entry[g] + s_negative[g])
//
// A complement in s_entry is marked by s_negative. All of these ones but one enter as carries of the
// adders; the last leaves as m_carry, for the adder that takes m_sum. One word per cycle, latency
// LEVELS cycles (each level is registered). SUM_W bits hold the sum of TABLES entries of ENTRY_W bits.

`default_nettype none

module adder_tree #(
    parameter TABLES = 8,               // a power of two
    parameter ENTRY_W = 16,
    parameter LEVELS = $clog2(TABLES),
    parameter SUM_W = ENTRY_W + LEVELS
) (
    input  wire                      clk,
    input  wire [TABLES*ENTRY_W-1:0] s_entry,
    input  wire [TABLES-1:0]         s_negative,
    output wire signed [SUM_W-1:0]   m_sum,
    output wire                      m_carry
);

    // Nodes: the entries, then level by level half as many sums; and as many ones that are still to be
    // added. Level k begins at node 2 TABLES - (2 TABLES >> k); its sums have ENTRY_W + k bits.
    wire [(2*TABLES-1)*(SUM_W+1)-1:0] node;
    wire [2*TABLES-2:0]               one;

    assign one[TABLES-1:0] = s_negative;
    assign m_sum = node[(2*TABLES-2)*(SUM_W+1) +: SUM_W];
    assign m_carry = one[2*TABLES-2];

    genvar k, i;
    generate
        for (i = 0; i < TABLES; i = i + 1) begin : g_entry
            assign node[i*(SUM_W+1) +: SUM_W+1]
                = {{LEVELS+1{s_entry[i*ENTRY_W + ENTRY_W-1]}}, s_entry[i*ENTRY_W +: ENTRY_W]};
        end

        for (k = 0; k < LEVELS; k = k + 1) begin : g_level
            localparam FROM = 2 * TABLES - (2 * TABLES >> k);
            localparam TO = 2 * TABLES - (TABLES >> k);
            localparam ADDERS = TABLES >> (k + 1);
            localparam WIDTH = ENTRY_W + k + 1;

            for (i = 0; i < ADDERS; i = i + 1) begin : g_adder
                reg [WIDTH-1:0] sum_q;
                reg             one_q;

                assign node[(TO+i)*(SUM_W+1) +: SUM_W+1]
                    = {{SUM_W+1-WIDTH{sum_q[WIDTH-1]}}, sum_q};
                assign one[TO+i] = one_q;

                always @(posedge clk) begin
                    sum_q <= node[(FROM+2*i)*(SUM_W+1) +: WIDTH]
                             + node[(FROM+2*i+1)*(SUM_W+1) +: WIDTH]
                             + {{WIDTH-1{1'b0}}, one[FROM+i]};
                    one_q <= one[FROM+ADDERS+i];
                end
            end
        end
    endgenerate

    wire unused = &{1'b0, node};

endmodule

`default_nettype wire
