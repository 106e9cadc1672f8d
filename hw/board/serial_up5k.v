// serial_up5k - the accelerator for an UP5K behind a serial line; what the UART boards have in common
//
// Runs from power-up: the first 16 cycles after ready are the reset. led is low while a request or
// its answer is on the way, for an eye that is slow enough.

`default_nettype none

module serial_up5k #(
    parameter CLOCK_KHZ = 39000,
    parameter BAUD = 3000000
) (
    input  wire clk,
    input  wire ready,  // the clock is stable
    input  wire rx,
    output wire tx,
    output wire led
);

    reg [3:0]  power_q = 4'd0;
    reg        rst = 1'b1;
    reg [20:0] glow_q = 21'd0;

    wire [7:0] in_data;
    wire       in_valid;
    wire       in_ready;
    wire [7:0] out_data;
    wire       out_valid;
    wire       out_ready;

    assign led = !glow_q[20];

    always @(posedge clk) begin
        power_q <= !ready ? 4'd0 : power_q + {3'd0, power_q != 4'd15};
        rst <= power_q != 4'd15;
        if (in_valid || out_valid) glow_q <= 21'h1FFFFF;
        else if (glow_q[20]) glow_q <= glow_q - 21'd1;
    end

    uart #(
        .CLOCK_KHZ(CLOCK_KHZ),
        .BAUD(BAUD)
    ) u_uart (
        .clk(clk),
        .rst(rst),
        .rx(rx),
        .tx(tx),
        .s_data(out_data),
        .s_valid(out_valid),
        .s_ready(out_ready),
        .m_data(in_data),
        .m_valid(in_valid),
        .m_ready(in_ready)
    );

    accelerator_up5k #(
        .CLOCK_KHZ(CLOCK_KHZ)
    ) u_accelerator_up5k (
        .clk(clk),
        .rst(rst),
        .s_data(in_data),
        .s_valid(in_valid),
        .s_ready(in_ready),
        .m_data(out_data),
        .m_valid(out_valid),
        .m_ready(out_ready)
    );

endmodule

`default_nettype wire
