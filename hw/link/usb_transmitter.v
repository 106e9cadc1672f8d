// usb_transmitter - a packet to the two lines of full-speed USB: SYNC, bytes, CRC16, bit stuffing, NRZI, end
//
// A cycle of send begins a packet with this pid; with_data: bytes follow as long as more is high, each
// taken in the cycle of take, and then their CRC16. data and more are looked at 30 cycles after send at
// the earliest, and have as long to follow a take. busy from the cycle after send until the lines are
// released. 48 MHz, four cycles to the bit.

`default_nettype none

module usb_transmitter (
    input  wire       clk,
    input  wire       rst,
    input  wire       send,
    input  wire [3:0] pid,
    input  wire       with_data,
    input  wire [7:0] data,
    input  wire       more,
    output wire       take,
    output wire       busy,
    output wire       dp,      // to the lines while oe
    output wire       dn,
    output wire       oe
);

    localparam [2:0] IDLE = 3'd0;
    localparam [2:0] SYNC = 3'd1;
    localparam [2:0] PID = 3'd2;
    localparam [2:0] DATA = 3'd3;
    localparam [2:0] CRC_LOW = 3'd4;
    localparam [2:0] CRC_HIGH = 3'd5;
    localparam [2:0] FINISH = 3'd6;   // two bits of both lines low, one of idle

    reg [2:0]  state_q;
    reg [1:0]  phase_q;
    reg [2:0]  bit_q;
    reg [2:0]  ones_q;
    reg [7:0]  shift_q;
    reg [15:0] crc_q;
    reg        level_q;
    reg        low_q;    // both lines

    assign busy = state_q != IDLE;
    assign oe = busy;
    assign dp = level_q && !low_q;
    assign dn = !level_q && !low_q;

    wire tick = phase_q == 2'd3;
    wire stuff = ones_q == 3'd6;
    wire ends = tick && !stuff && bit_q == 3'd7;  // the last bit of a byte goes out
    wire flips = crc_q[0] ^ shift_q[0];
    wire [15:0] crc_d = {1'b0, crc_q[15:1]} ^ (flips ? 16'hA001 : 16'd0);

    assign take = ends && more && ((state_q == PID && with_data) || state_q == DATA);

    always @(posedge clk) begin
        phase_q <= busy ? phase_q + 2'd1 : 2'd0;
        if (state_q == IDLE) begin
            shift_q <= 8'h80;
            bit_q <= 3'd0;
            ones_q <= 3'd0;
            level_q <= 1'b1;
            low_q <= 1'b0;
            if (send) state_q <= SYNC;
        end else if (tick && stuff) begin
            level_q <= !level_q;
            ones_q <= 3'd0;
        end else if (tick && state_q == FINISH) begin
            bit_q <= bit_q + 3'd1;
            ones_q <= 3'd0;
            low_q <= bit_q < 3'd2;
            level_q <= 1'b1;
            if (bit_q == 3'd3) state_q <= IDLE;
        end else if (tick) begin
            level_q <= level_q ^ !shift_q[0];
            ones_q <= shift_q[0] ? ones_q + 3'd1 : 3'd0;
            shift_q <= {1'b0, shift_q[7:1]};
            bit_q <= bit_q + 3'd1;
            if (state_q == PID) crc_q <= 16'hFFFF;
            if (state_q == DATA) crc_q <= crc_d;
        end
        if (ends)
            case (state_q)
                SYNC: begin
                    state_q <= PID;
                    shift_q <= {~pid, pid};
                end
                PID: begin
                    state_q <= !with_data ? FINISH : more ? DATA : CRC_LOW;
                    shift_q <= more && with_data ? data : 8'h00;
                end
                DATA: begin
                    state_q <= more ? DATA : CRC_LOW;
                    shift_q <= more ? data : ~crc_d[7:0];
                end
                CRC_LOW: begin
                    state_q <= CRC_HIGH;
                    shift_q <= ~crc_q[15:8];
                end
                CRC_HIGH: state_q <= FINISH;
                default: ;
            endcase
        if (rst) state_q <= IDLE;
    end

endmodule

`default_nettype wire
