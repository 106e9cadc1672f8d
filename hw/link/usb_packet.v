// usb_packet - what came from the receiver, as packets: PID, address and endpoint, data bytes, check sums
//
// done, for one cycle after the end of a packet: good says that its PID, length and CRC are right; pid,
// address and endpoint are valid with it. Bytes of a data packet go out as they come, byte index first,
// the two of the CRC among them: length (with done) does not count those.

`default_nettype none

module usb_packet (
    input  wire       clk,
    input  wire       rst,
    input  wire       start,
    input  wire       bit_strobe,
    input  wire       bit_value,
    input  wire       byte_strobe,
    input  wire [7:0] byte_value,
    input  wire       finish,
    input  wire       error,
    output reg        done,
    output reg        good,
    output wire [3:0] pid,
    output wire [6:0] address,
    output wire [3:0] endpoint,
    output wire       data_strobe,
    output wire [7:0] data,
    output wire [6:0] index,
    output wire [6:0] length
);

    localparam [1:0] TOKEN = 2'b01;      // pid[1:0]
    localparam [1:0] HANDSHAKE = 2'b10;
    localparam [1:0] DATA = 2'b11;
    localparam [6:0] MOST = 7'd66;       // data and CRC

    reg [3:0]  pid_q;
    reg        pid_good_q;
    reg        body_q;     // the PID is over
    reg        long_q;     // more than MOST
    reg [6:0]  count_q;    // bytes of the body
    reg [10:0] field_q;    // of a token
    reg [4:0]  crc5_q;
    reg [15:0] crc16_q;

    assign pid = pid_q;
    assign address = field_q[6:0];
    assign endpoint = field_q[10:7];
    assign data_strobe = byte_strobe && body_q && !long_q;
    assign data = byte_value;
    assign index = count_q;
    assign length = count_q - 7'd2;

    wire token_good = count_q == 7'd2 && crc5_q == 5'h06;
    wire data_good = count_q >= 7'd2 && !long_q && crc16_q == 16'hB001;
    wire body_good = pid_q[1:0] == TOKEN     ? token_good :
                     pid_q[1:0] == DATA      ? data_good :
                     pid_q[1:0] == HANDSHAKE ? count_q == 7'd0 : 1'b0;

    always @(posedge clk) begin
        done <= finish;
        good <= finish && pid_good_q && body_q && !error && body_good;
        if (start) begin
            body_q <= 1'b0;
            long_q <= 1'b0;
            count_q <= 7'd0;
            crc5_q <= 5'h1F;
            crc16_q <= 16'hFFFF;
        end
        if (byte_strobe && !body_q) begin
            body_q <= 1'b1;
            pid_q <= byte_value[3:0];
            pid_good_q <= byte_value[7:4] == ~byte_value[3:0];
        end
        if (bit_strobe && body_q) begin
            crc5_q <= {1'b0, crc5_q[4:1]} ^ (crc5_q[0] ^ bit_value ? 5'h14 : 5'h00);
            crc16_q <= {1'b0, crc16_q[15:1]} ^ (crc16_q[0] ^ bit_value ? 16'hA001 : 16'h0000);
        end
        if (byte_strobe && body_q) begin
            if (count_q == MOST) long_q <= 1'b1;
            else count_q <= count_q + 7'd1;
            if (count_q == 7'd0) field_q[7:0] <= byte_value;
            if (count_q == 7'd1) field_q[10:8] <= byte_value[2:0];
        end
        if (rst) begin
            done <= 1'b0;
            body_q <= 1'b0;
        end
    end

endmodule

`default_nettype wire
