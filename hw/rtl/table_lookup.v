// table_lookup - tables of sums, one or two banks each; a code selects entry and sign
//
//   m_entry[g] = table[g][bank][code[g] but its top bit], complemented where m_negative[g] = the top bit
//
// The signed value of lane g is m_entry[g] + m_negative[g] (the adder tree adds the ones). One word
// of codes per cycle; latency two cycles. An entry may not be read in the cycle it is written. Tables
// of up to 16 entries are LUT RAM: there a code is registered first, and an entry written a cycle later.

`default_nettype none

module table_lookup #(
    parameter TABLES = 8,
    parameter ENTRY_W = 7,      // log2 of a table's entries
    parameter TABLE_W = 16,
    parameter TABLE_BANKS = 2
) (
    input  wire                        clk,
    input  wire                        table_write,
    input  wire [ENTRY_W:0]            table_address,  // bank, entry
    input  wire [TABLES*TABLE_W-1:0]   table_data,
    input  wire                        s_bank,
    input  wire [TABLES*(ENTRY_W+1)-1:0] s_codes,
    output reg  [TABLES*TABLE_W-1:0]   m_entry,
    output reg  [TABLES-1:0]           m_negative
);

    localparam CODE_W = ENTRY_W + 1;
    localparam ENTRIES = TABLE_BANKS << ENTRY_W;
    localparam ADDRESS_W = TABLE_BANKS == 2 ? ENTRY_W + 1 : ENTRY_W;

    reg [TABLES-1:0] negative_q;

    genvar g;
    generate
        for (g = 0; g < TABLES; g = g + 1) begin : g_sign
            always @(posedge clk) begin
                negative_q[g] <= s_codes[CODE_W*g + ENTRY_W];
                m_negative[g] <= negative_q[g];
            end
        end

        if (ENTRY_W > 4) begin : g_block
            wire [TABLES*TABLE_W-1:0] entry;

            for (g = 0; g < TABLES; g = g + 1) begin : g_table
                wire [ENTRY_W:0] address = {s_bank, s_codes[CODE_W*g +: ENTRY_W]};

                lane_memory #(
                    .LANES(1),
                    .LANE_W(TABLE_W),
                    .WORDS(ENTRIES),
                    .ADDRESS_W(ADDRESS_W)
                ) u_table (
                    .clk(clk),
                    .write_lanes(table_write),
                    .write_address(table_address[ADDRESS_W-1:0]),
                    .write_data(table_data[TABLE_W*g +: TABLE_W]),
                    .read_address(address[ADDRESS_W-1:0]),
                    .read_data(entry[TABLE_W*g +: TABLE_W])
                );

                always @(posedge clk)
                    m_entry[TABLE_W*g +: TABLE_W]
                        <= entry[TABLE_W*g +: TABLE_W] ^ {TABLE_W{negative_q[g]}};
            end
        end else begin : g_distributed
            reg                      write_q;
            reg [ADDRESS_W-1:0]      address_q;
            reg [TABLES*TABLE_W-1:0] data_q;
            reg                      bank_q;

            always @(posedge clk) begin
                write_q <= table_write;
                address_q <= table_address[ADDRESS_W-1:0];
                data_q <= table_data;
                bank_q <= s_bank;
            end

            for (g = 0; g < TABLES; g = g + 1) begin : g_table
                (* ram_style = "distributed" *)
                reg  [TABLE_W-1:0] word [0:ENTRIES-1];
                reg  [ENTRY_W-1:0] code_q;
                wire [ENTRY_W:0]   address = {bank_q, code_q};
                wire               unused_bank = &{1'b0, address};

                always @(posedge clk) begin
                    if (write_q)
                        word[address_q] <= data_q[TABLE_W*g +: TABLE_W];
                    code_q <= s_codes[CODE_W*g +: ENTRY_W];
                    m_entry[TABLE_W*g +: TABLE_W]
                        <= word[address[ADDRESS_W-1:0]] ^ {TABLE_W{negative_q[g]}};
                end
            end
        end
    endgenerate

    wire unused = &{1'b0, table_address, s_bank};

endmodule

`default_nettype wire
