// power_up - the reset of a board, and a light while there is traffic
//
// rst is high for the first 16 cycles after ready. led is low for 2^20 cycles and more after active, for
// an eye that is slow.

`default_nettype none

module power_up (
    input  wire clk,
    input  wire ready,   // the clock is stable
    input  wire active,
    output reg  rst,
    output wire led
);

    reg [3:0]  wait_q = 4'd0;
    reg [20:0] glow_q = 21'd0;
    reg        active_q = 1'b0;

    assign led = !glow_q[20];

    initial rst = 1'b1;
    always @(posedge clk) begin
        wait_q <= !ready ? 4'd0 : wait_q + {3'd0, wait_q != 4'd15};
        rst <= wait_q != 4'd15;
        active_q <= active;
        if (active_q) glow_q <= 21'h1FFFFF;
        else if (glow_q[20]) glow_q <= glow_q - 21'd1;
    end

endmodule

`default_nettype wire
