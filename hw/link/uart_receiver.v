// uart_receiver - bytes from a serial line: 8N1, least significant bit first
//
// A phase accumulator of 16 bits counts bit times, so that any BAUD up to a quarter of the clock is
// met: with n cycles to the bit, to one part in 131072 / n. The line is asynchronous: two flip-flops take it into the clock domain.
// Every bit is sampled once, in its middle as counted from the falling edge of the start bit; a start
// bit that is high again in its middle was a spike and is forgotten.
//
// m_error with a byte: its stop bit was low, or bytes before it were lost because m_ready came not
// before the next byte's end. After a low stop bit the line must be high before another start bit counts, so that a break
// is one byte with an error.

`default_nettype none

module uart_receiver #(
    parameter CLOCK_KHZ = 40000,
    parameter BAUD = 3000000
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       rx,       // idle high; asynchronous
    output wire [7:0] m_data,
    output wire       m_valid,
    input  wire       m_ready,
    output wire       m_error
);

    localparam [63:0] CLOCK_HZ = 64'd1000 * CLOCK_KHZ;
    localparam [63:0] STEP = (64'd65536 * BAUD + CLOCK_HZ / 2) / CLOCK_HZ;  // of the phase, a cycle
    localparam [15:0] MIDDLE = 16'd32768 + STEP[16:1] + STEP[15:0];  // the edge was half a cycle ago on average, a tick comes one late

    localparam [1:0] IDLE = 2'd0;     // waits for a start bit
    localparam [1:0] RECEIVE = 2'd1;  // samples start, data, stop
    localparam [1:0] RELEASE = 2'd2;  // waits for the line to be high again

    reg [1:0]  sync_q;
    reg [1:0]  state_q;
    reg [15:0] phase_q;
    reg        stop_q;   // bit_q is 9: settled in time, a bit lasts 4 cycles
    reg        tick_q;   // a bit's middle was in the last cycle
    reg [3:0]  bit_q;    // 0 start, 1..8 data, 9 stop
    reg [7:0]  shift_q;
    reg [7:0]  data_q;
    reg        valid_q;
    reg        error_q;
    reg        lost_q;   // a byte was lost since the last one that went to data_q

    assign m_data = data_q;
    assign m_valid = valid_q;
    assign m_error = error_q;

    wire        line = sync_q[1];
    wire [16:0] phase_d = {1'b0, phase_q} + STEP[16:0];
    wire        sample = state_q == RECEIVE && tick_q;
    wire        done = sample && stop_q;

    always @(posedge clk) begin
        sync_q <= {sync_q[0], rx};
        stop_q <= bit_q == 4'd9;
        phase_q <= state_q == IDLE ? MIDDLE : phase_d[15:0];
        tick_q <= state_q != IDLE && phase_d[16];
        case (state_q)
            IDLE: begin
                bit_q <= 4'd0;
                if (!line) state_q <= RECEIVE;
            end
            RECEIVE:
            if (sample) begin
                bit_q <= bit_q + 4'd1;
                shift_q <= {line, shift_q[7:1]};
                if (done) state_q <= line ? IDLE : RELEASE;
                else if (bit_q == 4'd0 && line) state_q <= IDLE;
            end
            default: if (line) state_q <= IDLE;
        endcase
        if (valid_q) valid_q <= !m_ready;
        else valid_q <= done;
        if (done) begin
            lost_q <= valid_q;
            if (!valid_q) begin
                data_q <= shift_q;
                error_q <= !line || lost_q;
            end
        end
        if (rst) begin
            sync_q <= 2'b00;
            state_q <= RELEASE;
            valid_q <= 1'b0;
            lost_q <= 1'b0;
        end
    end

`ifdef FORMAL
    stream_rules #(
        .DATA_W(9)
    ) m_rules (
        .clk  (clk),
        .rst  (rst),
        .data ({m_error, m_data}),
        .valid(m_valid),
        .ready(m_ready)
    );
`endif

endmodule

`default_nettype wire
