// stream_rules - the one statement of how a byte stream behaves
//
// A transfer happens in a cycle with valid and ready. Once valid, a sender holds valid and data
// until the transfer; a reset ends the obligation. data holds everything that travels with valid.
//
// Instanced under `ifdef FORMAL in every stream module: on its outputs with ASSUME = 0 (proved), on
// its inputs, where the module relies on them, with ASSUME = 1.

`default_nettype none

module stream_rules #(
    parameter DATA_W = 8,
    parameter ASSUME = 0
) (
    input wire              clk,
    input wire              rst,
    input wire [DATA_W-1:0] data,
    input wire              valid,
    input wire              ready
);

`ifdef FORMAL
    reg              owed_q = 1'b0;  // a transfer was offered and not taken
    reg [DATA_W-1:0] data_q;

    always @(posedge clk) begin
        owed_q <= valid && !ready && !rst;
        data_q <= data;
    end

    wire kept = !owed_q || (valid && data == data_q);

    generate
        if (ASSUME != 0) begin : sender_is_outside
            always @* assume (kept);
        end else begin : sender_is_ours
            always @* assert (kept);
        end
    endgenerate
`else
    wire unused = &{1'b0, clk, rst, data, valid, ready, ASSUME != 0};
`endif

endmodule

`default_nettype wire
