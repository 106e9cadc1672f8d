// table_builder - fills one table bank per block: TABLES lanes follow one step program
//
//   each program byte {write, subtract, k[2:0], j[2:0]}:
//   T <- T +- (x_j << k);  if write: table[next] <- T, next <- next + 1
//
// x_j of lane g is byte g of activation word s_word + j. k = 7 adds nothing; k = 7 without write
// ends the program. s_valid && s_ready starts the build of a block; the banks are filled in turn,
// the first after rst is bank 0, or it is the only one. s_ready needs the bank to be free: neither full nor being looked
// up (bank_taken). done is high for one cycle when the end byte is seen; the last entry is then
// written two cycles later, so a look-up in the third cycle after done reads it. One step per
// cycle; a program of p bytes, its end included, takes p + 2 cycles. program_* and activation_* are
// read ports of memories whose data comes one cycle after the address.

`default_nettype none

module table_builder #(
    parameter TABLES = 8,
    parameter ENTRY_W = 7,      // log2 of a table's entries
    parameter TABLE_W = 16,
    parameter TABLE_BANKS = 2,
    parameter PROGRAM_W = 9,
    parameter ACTIVATION_W = 8
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire                    s_valid,
    output wire                    s_ready,
    input  wire [ACTIVATION_W-1:0] s_word,
    input  wire [PROGRAM_W-1:0]    s_program,
    input  wire [1:0]              bank_taken,
    output wire                    done,
    output wire [PROGRAM_W-1:0]    program_address,
    input  wire [7:0]              program_data,
    output wire [ACTIVATION_W-1:0] activation_address,
    input  wire [8*TABLES-1:0]     activation_data,
    output wire                    table_write,
    output wire [ENTRY_W:0]        table_address,   // bank, entry
    output wire [TABLES*TABLE_W-1:0] table_data
);

    // Fetch: address in one cycle, the byte in the next.
    reg                    running_q;
    reg                    byte_valid_q;
    reg                    fill_bank_q;
    reg [PROGRAM_W-1:0]    address_q;
    reg [ACTIVATION_W-1:0] word_q;

    wire ending = byte_valid_q && program_data[7] == 1'b0 && program_data[5:3] == 3'd7;
    wire start = s_valid && s_ready;

    assign s_ready = !running_q && !bank_taken[fill_bank_q];
    assign done = ending;
    assign program_address = address_q;

    always @(posedge clk) begin
        address_q <= start ? s_program : address_q + 1'b1;
        if (start)
            word_q <= s_word;
        byte_valid_q <= running_q && !ending;
        fill_bank_q <= fill_bank_q ^ (ending && TABLE_BANKS == 2);
        if (start)
            running_q <= 1'b1;
        else if (ending)
            running_q <= 1'b0;
        if (rst) begin
            running_q <= 1'b0;
            byte_valid_q <= 1'b0;
            fill_bank_q <= 1'b0;
        end
    end

    // The byte's step: with its activation word one cycle later, then two and three cycles later.
    reg [2:0] k_q;
    reg       subtract_q;
    reg [1:0] step_q;
    reg [2:0] write_q;
    reg [2:0] end_q;

    assign activation_address = word_q + {{ACTIVATION_W-3{1'b0}}, program_data[2:0]};

    always @(posedge clk) begin
        k_q <= program_data[5:3];
        subtract_q <= program_data[6];
        step_q <= {step_q[0], byte_valid_q};
        write_q <= {write_q[1:0], byte_valid_q && program_data[7]};
        end_q <= {end_q[1:0], ending};
        if (rst) begin
            step_q <= 2'd0;
            write_q <= 3'd0;
            end_q <= 3'd0;
        end
    end

    genvar lane;
    generate
        for (lane = 0; lane < TABLES; lane = lane + 1) begin : g_lane
            builder_lane #(
                .SUM_W(TABLE_W)
            ) u_lane (
                .clk(clk),
                .clear(end_q[1] || rst),
                .step(step_q[1]),
                .x(activation_data[8*lane +: 8]),
                .k(k_q),
                .subtract(subtract_q),
                .sum(table_data[TABLE_W*lane +: TABLE_W])
            );
        end
    endgenerate

    // Entries are written in order.
    reg [ENTRY_W-1:0] next_q;
    reg               write_bank_q;

    assign table_write = write_q[2];
    assign table_address = {write_bank_q, next_q};

    always @(posedge clk) begin
        if (end_q[2]) begin
            next_q <= {ENTRY_W{1'b0}};
            write_bank_q <= !write_bank_q && TABLE_BANKS == 2;
        end else if (write_q[2])
            next_q <= next_q + 1'b1;
        if (rst) begin
            next_q <= {ENTRY_W{1'b0}};
            write_bank_q <= 1'b0;
        end
    end

endmodule

`default_nettype wire
