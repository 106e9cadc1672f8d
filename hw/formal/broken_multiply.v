// broken_multiply - a multiplication on purpose: scripts/no_multiplier.sh must find it

`default_nettype none

module broken_multiply (
    input  wire        clk,
    input  wire [15:0] weight,
    input  wire [15:0] x,
    output wire [31:0] product
);

    reg [31:0] product_q;

    assign product = product_q;

    always @(posedge clk) product_q <= weight * x;

endmodule

`default_nettype wire
