// uart_transmitter - bytes to a serial line: 8N1, least significant bit first
//
// The phase accumulator is that of uart_receiver. One byte waits while another is on the line: bytes
// that come in time follow one another without a gap, ten bit times each, and the fraction of a cycle
// is carried from one to the next.

`default_nettype none

module uart_transmitter #(
    parameter CLOCK_KHZ = 40000,
    parameter BAUD = 3000000
) (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] s_data,
    input  wire       s_valid,
    output wire       s_ready,
    output wire       tx        // idle high
);

    localparam [63:0] CLOCK_HZ = 64'd1000 * CLOCK_KHZ;
    localparam [63:0] STEP = (64'd65536 * BAUD + CLOCK_HZ / 2) / CLOCK_HZ;  // of the phase, a cycle

    reg [7:0]  wait_q;   // the byte that waits
    reg        full_q;   // there is one
    reg [15:0] phase_q;
    reg        next_q;   // a bit ends with this cycle
    reg [3:0]  left_q;   // bits still to go, the one on the line included
    reg        last_q;   // that is the last: settled in time, a bit lasts 4 cycles
    reg        idle_q;   // nothing is on the line
    reg [8:0]  shift_q;  // bit 0 is on the line

    assign tx = shift_q[0];
    assign s_ready = !full_q;

    wire [16:0] phase_d = {1'b0, phase_q} + STEP[16:0];
    wire        ends = next_q && last_q;
    wire        load = full_q && (idle_q || ends);

    always @(posedge clk) begin
        last_q <= left_q == 4'd1;
        idle_q <= !load && (idle_q || ends);
        phase_q <= idle_q ? STEP[15:0] : phase_d[15:0];
        next_q <= !idle_q && phase_d[16];
        if (load) begin
            shift_q <= {wait_q, 1'b0};
            left_q <= 4'd10;
            full_q <= 1'b0;
        end else if (next_q) begin
            shift_q <= {1'b1, shift_q[8:1]};
            left_q <= left_q - 4'd1;
        end
        if (s_valid && s_ready) begin
            wait_q <= s_data;
            full_q <= 1'b1;
        end
        if (rst) begin
            shift_q <= 9'h1FF;
            idle_q <= 1'b1;
            next_q <= 1'b0;
            full_q <= 1'b0;
        end
    end

endmodule

`default_nettype wire
