// serial_up5k - the accelerator for an UP5K behind a serial line; what the UART boards have in common
//
// Runs from power-up; led is low after traffic.

`default_nettype none

module serial_up5k #(
    parameter CLOCK_KHZ = 48000,
    parameter BAUD = 3000000
) (
    input  wire clk,
    input  wire ready,  // the clock is stable
    input  wire rx,
    output wire tx,
    output wire led
);

    wire       rst;
    wire [7:0] in_data;
    wire       in_valid;
    wire       in_ready;
    wire [7:0] out_data;
    wire       out_valid;
    wire       out_ready;

    serial_port #(
        .CLOCK_KHZ(CLOCK_KHZ),
        .BAUD(BAUD)
    ) u_serial_port (
        .clk(clk),
        .ready(ready),
        .rx(rx),
        .tx(tx),
        .led(led),
        .rst(rst),
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
