// Reads the QR code of an order with the camera, where the browser can; otherwise people type.
const button = document.getElementById("scan");
const view = document.getElementById("scan-view");

async function scan() {
  const reader = new BarcodeDetector({ formats: ["qr_code", "code_128"] });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  view.srcObject = stream;
  view.hidden = false;
  await view.play();
  const look = async () => {
    const [found] = await reader.detect(view);
    if (!found) {
      requestAnimationFrame(look);
      return;
    }
    for (const track of stream.getTracks()) track.stop();
    view.hidden = true;
    document.getElementById("number").value = found.rawValue;
    document.getElementById("scan-form").requestSubmit();
  };
  look();
}

if (button && "BarcodeDetector" in window && navigator.mediaDevices) {
  button.hidden = false;
  button.addEventListener("click", () => scan().catch(() => (view.hidden = true)));
}
