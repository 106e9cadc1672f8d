// above - is a number greater than a constant? Without the adder that `>` would become
//
// Bit by bit from the lowest: a constant leaves nothing but an AND or an OR at each, which synthesis
// packs into a few LUTs; as a subtraction it would be a carry chain of a cell a bit.

`default_nettype none

module above #(
    parameter W = 8,
    parameter LIMIT = 0
) (
    input  wire [W-1:0] value,
    output reg          is_above
);

    integer i;

    always @* begin
        is_above = 1'b0;
        for (i = 0; i < W; i = i + 1)
            is_above = LIMIT[i] ? value[i] && is_above : value[i] || is_above;
    end

endmodule

`default_nettype wire
