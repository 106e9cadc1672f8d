// byte_buffer - a memory of bytes with one write port and one read port: one block RAM
//
// read_data is memory[read_index], one cycle after a cycle with read, and is held until the next.
// A byte read in the very cycle it is written is undefined; outside synthesis it reads inverted, so
// that nobody relies on it. BYTES <= 2^INDEX_W.

`default_nettype none

module byte_buffer #(
    parameter BYTES = 512,
    parameter INDEX_W = 9
) (
    input  wire               clk,
    input  wire               write,
    input  wire [INDEX_W-1:0] write_index,
    input  wire [7:0]         write_data,
    input  wire               read,
    input  wire [INDEX_W-1:0] read_index,
    output wire [7:0]         read_data
);

    (* no_rw_check *)
    reg [7:0] memory[0:BYTES-1];
    reg [7:0] read_data_q;

`ifdef SYNTHESIS
    wire collision = 1'b0;
`else
    wire collision = write && write_index == read_index;
`endif

    assign read_data = read_data_q;

    always @(posedge clk) begin
        if (write) memory[write_index] <= write_data;
        if (read) read_data_q <= memory[read_index] ^ {8{collision}};
    end

`ifdef FORMAL
    // Whichever byte is watched: what was written to it last is in it, and is what a read gives.
    (* anyconst *) reg [INDEX_W-1:0] watched;
    reg       known_q = 1'b0;
    reg [7:0] kept_q;
    reg       asked_q = 1'b0;  // read_data is the watched byte's, as it was:
    reg [7:0] answer_q;

    always @(posedge clk) begin
        if (write && write_index == watched) begin
            known_q <= 1'b1;
            kept_q <= write_data;
        end
        if (read) begin
            asked_q <= known_q && read_index == watched && !(write && write_index == watched);
            answer_q <= kept_q;
        end
    end

    always @* begin
        assume (watched < BYTES);
        if (known_q) assert (memory[watched] == kept_q);
        if (asked_q) assert (read_data == answer_q);
    end
`endif

endmodule

`default_nettype wire
