// usb_receiver - the two lines of full-speed USB to bits and bytes: clock recovery, NRZI, bit stuffing
//
// 48 MHz, four cycles to the bit. Every edge sets the phase; a bit is sampled two cycles after it, and
// every four from there on, which bears a clock 0.25 % off and edges 18.5 ns apart from where they belong.
//
// start: a SYNC has ended. bit_strobe, bit_value: a bit of the packet, stuffing removed. byte_strobe,
// byte_value: the eighth of them, with its bit_strobe. finish: the end of the packet; error (with it): a
// bit that had to be a stuffed 0 was 1. While mute (our own packet) nothing is received.
//
// bus_reset: both lines have been low for 3 us, until they are not. suspended: idle for 3 ms.

`default_nettype none

module usb_receiver (
    input  wire       clk,
    input  wire       rst,
    input  wire       dp,           // asynchronous
    input  wire       dn,
    input  wire       mute,
    output reg        start,
    output reg        bit_strobe,
    output reg        bit_value,
    output reg        byte_strobe,
    output wire [7:0] byte_value,
    output reg        finish,
    output wire       error,
    output wire       bus_reset,
    output wire       suspended
);

    localparam [17:0] RESET_CYCLES = 18'd144;
    localparam [17:0] SUSPEND_CYCLES = 18'd144000;

    reg [1:0]  dp_q;
    reg [1:0]  dn_q;
    reg [1:0]  line_q;    // a cycle ago
    reg [1:0]  phase_q;
    reg        level_q;   // dp of the last bit
    reg [3:0]  sync_q;    // the last bits before the packet, newest on top
    reg        active_q;
    reg [2:0]  ones_q;    // in a row
    reg [2:0]  bits_q;    // of the byte so far
    reg [7:0]  shift_q;
    reg        error_q;
    reg [17:0] still_q;   // cycles without an edge

    wire [1:0] line = {dp_q[1], dn_q[1]};
    wire       edge_seen = line != line_q;
    wire       sample = phase_q == 2'd1;
    wire [1:0] bit_line = edge_seen ? line_q : line;  // an edge in this very cycle came too early
    wire       se0 = bit_line == 2'b00;
    wire       value = bit_line[1] == level_q;
    wire       stuffed = ones_q == 3'd6;

    assign byte_value = shift_q;
    assign error = error_q;
    assign bus_reset = line == 2'b00 && !edge_seen && still_q >= RESET_CYCLES;
    assign suspended = line == 2'b10 && !edge_seen && still_q == SUSPEND_CYCLES;

    always @(posedge clk) begin
        dp_q <= {dp_q[0], dp};
        dn_q <= {dn_q[0], dn};
        line_q <= line;
        phase_q <= edge_seen ? 2'd0 : phase_q + 2'd1;
        if (edge_seen) still_q <= 18'd0;
        else if (still_q != SUSPEND_CYCLES) still_q <= still_q + 18'd1;

        start <= 1'b0;
        bit_strobe <= 1'b0;
        byte_strobe <= 1'b0;
        finish <= 1'b0;
        if (sample && se0) begin
            sync_q <= 4'b1111;
            level_q <= 1'b1;
            active_q <= 1'b0;
            finish <= active_q;
        end else if (sample) begin
            level_q <= bit_line[1];
            ones_q <= value ? ones_q + {2'd0, ones_q != 3'd7} : 3'd0;
            if (!active_q) begin
                sync_q <= {value, sync_q[3:1]};
                if ({value, sync_q} == 5'b10000) begin
                    active_q <= 1'b1;
                    start <= 1'b1;
                    error_q <= 1'b0;
                    bits_q <= 3'd0;
                    ones_q <= 3'd1;
                end
            end else if (stuffed) begin
                if (value) error_q <= 1'b1;
            end else begin
                bit_strobe <= 1'b1;
                bit_value <= value;
                shift_q <= {value, shift_q[7:1]};
                bits_q <= bits_q + 3'd1;
                byte_strobe <= bits_q == 3'd7;
            end
        end
        if (rst || mute) begin
            active_q <= 1'b0;
            sync_q <= 4'b1111;
            level_q <= 1'b1;
            ones_q <= 3'd0;
        end
        if (rst) begin
            still_q <= 18'd0;
            dp_q <= 2'b11;
            dn_q <= 2'b00;
        end
    end

endmodule

`default_nettype wire
