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

endmodule

`default_nettype wire
