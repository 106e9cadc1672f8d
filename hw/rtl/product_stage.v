// product_stage - three factor bits of shift_add_product: sum = start + value * factor, by three conditional adds (combinational)

`default_nettype none

module product_stage (
    input  wire [23:0] value,
    input  wire [2:0]  factor,
    input  wire [23:0] start,
    output wire [26:0] sum
);

    wire [24:0] sum0 = {1'b0, start} + (factor[0] ? {1'b0, value} : 25'd0);
    wire [24:0] sum1 = {1'b0, sum0[24:1]} + (factor[1] ? {1'b0, value} : 25'd0);
    wire [24:0] sum2 = {1'b0, sum1[24:1]} + (factor[2] ? {1'b0, value} : 25'd0);

    assign sum = {sum2, sum1[0], sum0[0]};

endmodule

`default_nettype wire
