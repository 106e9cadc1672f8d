// table_lookup - eight tables of sums, two banks of 128 entries; a code byte selects entry and sign
//
//   m_entry[g] = table[g][bank][code[g][6:0]], complemented where m_negative[g] = code[g][7]
//
// The signed value of lane g is m_entry[g] + m_negative[g] (the adder tree adds the ones). One word
// of codes per cycle; latency two cycles. An entry may not be read in the cycle it is written.

`default_nettype none

module table_lookup (
    input  wire         clk,
    input  wire         table_write,
    input  wire [7:0]   table_address,  // bank, entry
    input  wire [127:0] table_data,
    input  wire         s_bank,
    input  wire [63:0]  s_codes,
    output reg  [127:0] m_entry,
    output reg  [7:0]   m_negative
);

    reg  [7:0]   negative_q;
    wire [127:0] entry;

    genvar g;
    generate
        for (g = 0; g < 8; g = g + 1) begin : g_table
            lane_memory #(
                .LANES(2),
                .WORDS(256),
                .ADDRESS_W(8)
            ) u_table (
                .clk(clk),
                .write_lanes({2{table_write}}),
                .write_address(table_address),
                .write_data(table_data[16*g +: 16]),
                .read_address({s_bank, s_codes[8*g +: 7]}),
                .read_data(entry[16*g +: 16])
            );

            always @(posedge clk) begin
                negative_q[g] <= s_codes[8*g + 7];
                m_entry[16*g +: 16] <= entry[16*g +: 16] ^ {16{negative_q[g]}};
                m_negative[g] <= negative_q[g];
            end
        end
    endgenerate

endmodule

`default_nettype wire
